import { Anchor, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Smartphone } from 'lucide-react';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { devices } from '../../api/devices';
import { editUser, eraseUser, user } from '../../api/people';
import type { User } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Grid } from '../../ui/Grid';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { ReasonField } from '../../ui/ReasonField';
import { Status } from '../../ui/Status';
import { outcome } from '../../ui/waiting';
import { chooseColumns } from '../devices/columns';
import { UserInvitations } from '../enrol/Invite';
import { AbilitiesPanel } from './AbilitiesPanel';
import { PersonalPanel } from './PersonalPanel';
import { UserForm } from './UserForm';

const SOURCES: Record<string, string> = {
  local: 'Added here',
  activesync: 'First sign-in with a phone',
  ldap: 'Directory',
  oidc: 'Sign-in provider',
};

/** One user and their devices. */
export default function UserPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const answer = useQuery(user(id));
  return <Loaded of={answer}>{(found) => <Page user={found} />}</Loaded>;
}

function Page({ user: u }: { user: Tagged<User> }) {
  const may = useMay();
  const [open, setOpen] = useState<'edit' | 'erase'>();
  const disabled = u.state === 'disabled';
  const toggle = useAct(() => editUser(u.id, u.etag, { state: disabled ? 'active' : 'disabled' }), {
    done: () => (disabled ? 'The user may sign in again.' : 'The user’s devices get no mail any more.'),
    stale: ['users', 'devices'],
  });
  return (
    <>
      <Text size="sm" mb={4}>
        <Anchor component={Link} to="/users" size="sm">
          Users
        </Anchor>
      </Text>
      <PageHead title={u.displayName || u.name} lead={<Status state={u.state} />}>
        {may('user.edit') && (
          <>
            <Button variant="default" onClick={() => setOpen('edit')}>
              Edit
            </Button>
            <Button variant="default" loading={toggle.isPending} onClick={() => toggle.mutate()}>
              {disabled ? 'Enable' : 'Disable'}
            </Button>
          </>
        )}
        {may('user.erase') && (
          <Button variant="default" onClick={() => setOpen('erase')}>
            Erase…
          </Button>
        )}
      </PageHead>
      <Stack gap="lg">
        <Panel title="User">
          <Facts
            rows={[
              ['Name', u.name],
              ['Mail', u.mail],
              ['Groups', u.groups.map((g) => g.name).join(', ') || 'None'],
              ['Known from', SOURCES[u.source] ?? u.source],
              ['Password for Drover', u.hasPassword ? 'Set' : 'None'],
            ]}
          />
        </Panel>
        <div>
          <Group mb="sm">
            <Text fw={600} component="h2" fz={16} m={0}>
              Devices
            </Text>
          </Group>
          <div style={{ '--grid-above': '620px' } as React.CSSProperties}>
            <Grid
              label="Devices of this user"
              noun="device"
              query={devices({ user: u.id })}
              columns={chooseColumns(['platform', 'access', 'policyState', 'lastContact'])}
              id={(d) => d.id}
              name={(d) => d.name || d.model}
              empty={
                <Empty icon={Smartphone} title="No device yet">
                  It appears when they point a phone’s Exchange account at this server and sign in.
                </Empty>
              }
            />
          </div>
        </div>
        <UserInvitations user={u} />
        <AbilitiesPanel id={u.id} />
        {(may('user.personal.read') || may('privacy.edit') || may('audit.read')) && (
          <PersonalPanel user={u} />
        )}
      </Stack>
      {open === 'edit' && <UserForm user={u} onClose={() => setOpen(undefined)} />}
      {open === 'erase' && <Erase user={u} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function Erase({ user: u, onClose }: { user: User; onClose: () => void }) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const erase = useAct(() => eraseUser(u.id, reason.trim()), {
    done: (waiting) => outcome(waiting, `${u.name} is erased.`),
    stale: ['users', 'devices', 'overview'],
    after: () => void navigate({ to: '/users' }),
  });
  return (
    <Dialog
      opened
      danger
      title={`Erase ${u.name}?`}
      submit="Erase the user"
      onClose={onClose}
      onSubmit={() => erase.mutate()}
      busy={erase.isPending}
      error={erase.error}
      incomplete={typed.trim() !== u.name || !reason.trim()}
    >
      <Text size="sm">
        The key of their personal data is destroyed, so that nobody can read it any more, not even from older
        backups once the key retention has passed. The audit log keeps what was done, without the person.
        Nothing is erased on their devices or on the mail server; send a wipe first if you want that.
      </Text>
      <ReasonField value={reason} onChange={setReason} approved />
      <TextInput
        label={`Type the user’s name to confirm: ${u.name}`}
        value={typed}
        onChange={(e) => setTyped(e.currentTarget.value)}
        autoComplete="off"
      />
    </Dialog>
  );
}
