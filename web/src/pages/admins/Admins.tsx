import { Button, Drawer, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { admins, type AdminAct } from '../../api/admins';
import type { Admin, Grant } from '../../api/types';
import { useMay, useMe } from '../../app/me';
import { ButtonMenu } from '../../ui/ButtonMenu';
import { Loaded } from '../../ui/Loaded';
import { Notes } from '../../ui/Notes';
import { Status, ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { exactly, isNever } from '../../ui/time';
import { AddAdmin, AskAct, ChangeGrants, InviteAdmin } from './AdminForms';
import { ChangeMail } from './ChangeMail';
import { Sessions } from './Sessions';

const FACTORS = { totp: 'One-time code', passkey: 'Passkey' };

type Asked = { admin: Admin; what: AdminAct | 'grants' | 'mail' | 'invite' | 'sessions' };

/** "Help desk, for Berlin". */
function grantWords(grant: Grant): string {
  return grant.whole
    ? grant.role.name
    : `${grant.role.name}, for ${grant.groups.map((g) => g.name).join(', ')}`;
}

/** The administrators. */
export function Admins() {
  const may = useMay();
  const me = useMe();
  const answer = useQuery(admins);
  const [adding, setAdding] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  const edit = may('admin.edit');
  const close = () => setAsked(undefined);
  return (
    <Stack gap="md">
      <Notes notes={me.notes} />
      {edit && (
        <Group>
          <Button leftSection={<Plus size={16} />} onClick={() => setAdding(true)}>
            Add an administrator
          </Button>
        </Group>
      )}
      <Loaded of={answer}>
        {(all) => (
          <Table
            framed
            label="Administrators"
            rows={all}
            id={(a) => a.id}
            columns={[
              {
                key: 'name',
                label: 'Name',
                cell: (a) => (
                  <>
                    {a.name}
                    {a.id === me.admin.id && ' (you)'}
                  </>
                ),
              },
              { key: 'role', label: 'Roles', cell: (a) => a.grants.map(grantWords).join('; ') },
              {
                key: 'factors',
                label: 'Second factor',
                cell: (a) =>
                  a.factors.length > 0 ? (
                    a.factors.map((f) => FACTORS[f] ?? f).join(', ')
                  ) : (
                    <ToneMark tone="wait">None yet</ToneMark>
                  ),
              },
              {
                key: 'state',
                label: 'State',
                cell: (a) => (
                  <div>
                    <Status state={a.state} />
                    {!isNever(a.heldUntil) && (
                      <Text size="xs" c="dimmed" mt={4}>
                        May approve from {exactly(a.heldUntil)}
                      </Text>
                    )}
                  </div>
                ),
              },
              {
                key: 'act',
                label: 'Change',
                silent: true,
                align: 'right',
                cell: (a) => <Acts admin={a} edit={edit && a.id !== me.admin.id} onAsk={setAsked} />,
              },
            ]}
          />
        )}
      </Loaded>
      {adding && (
        <AddAdmin
          onClose={() => setAdding(false)}
          onAdded={(admin) => {
            setAdding(false);
            if (admin.state === 'invited') setAsked({ admin, what: 'invite' });
          }}
        />
      )}
      {asked?.what === 'grants' && <ChangeGrants admin={asked.admin} onClose={close} />}
      {asked?.what === 'mail' && <ChangeMail admin={asked.admin} onClose={close} />}
      {asked?.what === 'invite' && <InviteAdmin admin={asked.admin} onClose={close} />}
      {(asked?.what === 'disable' || asked?.what === 'enable' || asked?.what === 'reset') && (
        <AskAct admin={asked.admin} act={asked.what} onClose={close} />
      )}
      <Drawer
        opened={asked?.what === 'sessions'}
        onClose={close}
        title={`Where ${asked?.admin.name ?? ''} is signed in`}
        size="xl"
      >
        {asked?.what === 'sessions' && <Sessions admin={asked.admin.id} />}
      </Drawer>
    </Stack>
  );
}

interface ActsProps {
  admin: Admin;
  edit: boolean;
  onAsk: (asked: Asked) => void;
}

function Acts({ admin, edit, onAsk }: ActsProps) {
  const ask = (what: Asked['what']) => () => onAsk({ admin, what });
  const disabled = admin.state === 'disabled';
  const items = [{ label: 'Sessions…', run: ask('sessions') }];
  const changes = [
    ...(admin.state === 'invited' ? [{ label: 'Make a one-time link…', run: ask('invite') }] : []),
    { label: 'Change the roles…', run: ask('grants') },
    { label: 'Change the mail address…', run: ask('mail') },
    { label: 'Reset password and factors…', run: ask('reset'), danger: true },
    disabled
      ? { label: 'Enable…', run: ask('enable') }
      : { label: 'Disable…', run: ask('disable'), danger: true },
  ];
  return <ButtonMenu label="More" variant="subtle" items={edit ? [...items, ...changes] : items} />;
}
