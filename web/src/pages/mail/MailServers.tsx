import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Mail, Plus } from 'lucide-react';
import { useState } from 'react';
import type { Upstream } from '../../api/types';
import { removeUpstream, upstreams } from '../../api/zone';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { Status } from '../../ui/Status';
import { plural } from '../../ui/time';
import { When } from '../../ui/When';
import { AddMailServer, EditMailServer } from './MailServerForm';
import { TestResult } from './TestResult';

/** The mail servers behind the gateway. */
export default function MailServers() {
  const may = useMay();
  const answer = useQuery(upstreams);
  const [adding, setAdding] = useState(false);
  const [tested, setTested] = useState('');
  const add = may('upstream.edit') && (
    <Button leftSection={<Plus size={16} />} onClick={() => setAdding(true)}>
      Add a mail server
    </Button>
  );
  return (
    <>
      <PageHead
        title="Mail servers"
        lead="ActiveSync servers that stand behind Drover. Phones sign in here and reach their mail there."
      >
        {(answer.data?.length ?? 0) > 0 && add}
      </PageHead>
      <Loaded of={answer}>
        {(all) =>
          all.length === 0 ? (
            <Panel>
              <Empty icon={Mail} title="No mail server yet" action={add}>
                Add the address of your Exchange, SOGo, Zimbra or other ActiveSync server. You can test it at
                once, before any phone does.
              </Empty>
            </Panel>
          ) : (
            <Stack gap="lg">
              {all.map((u) => (
                <Card
                  key={u.id}
                  upstream={u}
                  testing={u.id === tested}
                  onTest={(on) => setTested(on ? u.id : '')}
                />
              ))}
            </Stack>
          )
        }
      </Loaded>
      {adding && (
        <AddMailServer
          onClose={() => setAdding(false)}
          onAdded={(added) => {
            setAdding(false);
            setTested(added.id);
          }}
        />
      )}
    </>
  );
}

interface CardProps {
  upstream: Upstream;
  testing: boolean;
  onTest: (on: boolean) => void;
}

function Card({ upstream: u, testing, onTest }: CardProps) {
  const may = useMay();
  const [editing, setEditing] = useState(false);
  const [removing, setRemoving] = useState(false);
  return (
    <Panel
      title={u.name}
      aside={
        may('upstream.edit') && (
          <Group gap="xs">
            <Button size="xs" variant="default" onClick={() => onTest(true)}>
              Test
            </Button>
            <Button size="xs" variant="default" onClick={() => setEditing(true)}>
              Edit
            </Button>
            <Button size="xs" variant="default" onClick={() => setRemoving(true)}>
              Remove
            </Button>
          </Group>
        )
      }
    >
      <Facts
        rows={[
          ['Address', u.url],
          ['State', <Status key="s" state={u.state || 'untested'} />],
          ['Mail domains', u.domains.join(', ') || 'None'],
          ['Takes', u.default ? 'Everyone else too' : 'Users of its domains, and those assigned'],
          ['New devices', u.handsOff ? 'Enrol by themselves' : 'Wait to be let in'],
          ['Checked', <When key="c" time={u.checked} never="Not yet" />],
          ['Devices', plural(u.devices, 'device')],
          ['Certificate', u.tlsMode === 'ca' ? 'The authority given here' : 'The machine’s authorities'],
        ]}
      />
      {testing && <TestResult id={u.id} onClose={() => onTest(false)} />}
      {editing && <EditMailServer id={u.id} onClose={() => setEditing(false)} />}
      {removing && <Remove upstream={u} onClose={() => setRemoving(false)} />}
    </Panel>
  );
}

function Remove({ upstream, onClose }: { upstream: Upstream; onClose: () => void }) {
  const remove = useAct(() => removeUpstream(upstream.id), {
    done: () => `${upstream.name} is removed.`,
    stale: ['upstreams', 'overview'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      danger
      title={`Remove ${upstream.name}?`}
      submit="Remove"
      onClose={onClose}
      onSubmit={() => remove.mutate()}
      busy={remove.isPending}
      error={remove.error}
    >
      <Text size="sm">
        {upstream.devices > 0
          ? `${plural(upstream.devices, 'device')} will get no mail any more. Nothing is erased from them, nor from the mail server.`
          : 'No device uses it. Nothing is changed on the mail server.'}
      </Text>
    </Dialog>
  );
}
