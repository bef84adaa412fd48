import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { BookUser, Plus } from 'lucide-react';
import { useState } from 'react';
import { directories, removeDirectory } from '../../api/directories';
import type { Directory } from '../../api/types';
import { useMay } from '../../app/me';
import { Callout } from '../../ui/Callout';
import { Confirm } from '../../ui/Confirm';
import { Facts } from '../../ui/Facts';
import { ListPage } from '../../ui/ListPage';
import { Panel } from '../../ui/Panel';
import { Status } from '../../ui/Status';
import { plural } from '../../ui/time';
import { When } from '../../ui/When';
import { AddDirectory, EditDirectory } from './DirectoryForm';
import { ImportDialog } from './ImportDialog';
import { TestDialog } from './TestDialog';

/** Where users, groups and administrators come from. */
export default function Directories() {
  const may = useMay();
  const answer = useQuery(directories);
  const [adding, setAdding] = useState(false);
  const [tested, setTested] = useState('');
  const add = may('directory.edit') && (
    <Button leftSection={<Plus size={16} />} onClick={() => setAdding(true)}>
      Add a directory
    </Button>
  );
  return (
    <>
      <ListPage
        title="Directories"
        lead="Where users, groups and administrators come from: LDAP servers, Active Directory, OpenID Connect providers."
        of={answer}
        add={add}
        none={{
          icon: BookUser,
          title: 'No directory yet',
          text: 'Users are added by hand, from a list, or found at their first mail. With a directory they come by themselves, with their groups, and sign in with the password they have there.',
        }}
      >
        {(all) => (
          <Stack gap="lg">
            {all.map((d) => (
              <Card key={d.id} directory={d} />
            ))}
          </Stack>
        )}
      </ListPage>
      {adding && (
        <AddDirectory
          onClose={() => setAdding(false)}
          onAdded={(added) => {
            setAdding(false);
            setTested(added.id);
          }}
        />
      )}
      {tested && <TestDialog id={tested} onClose={() => setTested('')} />}
    </>
  );
}

type Act = 'test' | 'import' | 'edit' | 'remove' | '';

function Card({ directory: d }: { directory: Directory }) {
  const may = useMay();
  const [act, setAct] = useState<Act>('');
  const close = () => setAct('');
  const button = (to: Act, label: string) => (
    <Button size="xs" variant="default" onClick={() => setAct(to)} aria-label={`${label} ${d.name}`}>
      {label}
    </Button>
  );
  return (
    <Panel
      title={d.name}
      aside={
        may('directory.edit') && (
          <Group gap="xs">
            {button('test', 'Test')}
            {d.ldap && button('import', 'Import')}
            {d.active && button('edit', 'Edit')}
            {button('remove', 'Remove')}
          </Group>
        )
      }
    >
      {!d.active && (
        <Callout tone="wait">
          Nobody comes from it yet: its addition waits for approval under Commands.
        </Callout>
      )}
      <Known directory={d} />
      {d.import.said && (
        <Text size="sm" c="dimmed" mt="sm">
          The last import: {d.import.said}
        </Text>
      )}
      {act === 'test' && <TestDialog id={d.id} onClose={close} />}
      {act === 'import' && <ImportDialog directory={d} onClose={close} />}
      {act === 'edit' && <EditDirectory id={d.id} onClose={close} />}
      {act === 'remove' && <Remove directory={d} onClose={close} />}
    </Panel>
  );
}

function Known({ directory: d }: { directory: Directory }) {
  const { ldap, oidc } = d;
  return (
    <Facts
      rows={[
        ['Kind', ldap ? 'LDAP' : 'OpenID Connect'],
        ['At', ldap ? ldap.servers.join(', ') : oidc?.issuer],
        ['State', <Status key="s" state={d.state} />],
        ['Users', plural(d.users, 'user')],
        ['People join', d.join ? 'At their first sign-in' : ldap ? 'By the import' : 'Not by themselves'],
        [
          'Administrators',
          d.roles.length > 0 ? `Members of ${d.roles.map((r) => r.group).join(', ')}` : 'None come from it',
        ],
        ...(ldap
          ? ([
              ['Last import', <When key="l" time={d.import.ended} never="Not yet" />],
              ['Next import', <When key="n" time={d.due} never="By hand" />],
            ] as [string, React.ReactNode][])
          : ([
              ['To register for administrators', <code key="c">{d.callback}</code>],
              ['To register for users', <code key="p">{d.portalCallback}</code>],
              ['To register for signing out', <code key="r">{d.portalReturn}</code>],
            ] as [string, React.ReactNode][])),
      ]}
    />
  );
}

function Remove({ directory, onClose }: { directory: Directory; onClose: () => void }) {
  return (
    <Confirm
      title={`Remove ${directory.name}?`}
      submit="Remove"
      run={() => removeDirectory(directory.id)}
      done={() => `${directory.name} is removed.`}
      stale={['directories', 'users', 'user-groups']}
      onClose={onClose}
    >
      <Text size="sm">
        {plural(directory.users, 'user')} stay with their devices and groups, but can no longer sign in by
        this directory. Nothing is changed there.
      </Text>
    </Confirm>
  );
}
