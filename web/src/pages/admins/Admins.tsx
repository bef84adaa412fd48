import { Button, Group, PasswordInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { addAdmin, admins, editAdmin, roles } from '../../api/admins';
import { ApiError } from '../../api/client';
import type { Admin } from '../../api/types';
import { useMay, useMe } from '../../app/me';
import { useAct } from '../../ui/act';
import { ButtonMenu } from '../../ui/ButtonMenu';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { Notes } from '../../ui/Notes';
import { Status, ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { exactly, isNever } from '../../ui/time';
import { When } from '../../ui/When';

const STALE = ['admins', 'roles', 'session', 'overview', 'approvals'];
const FACTORS = { totp: 'One-time code', passkey: 'Passkey' };
const SHORTEST_PASSWORD = 12;

/** The administrators. */
export function Admins() {
  const may = useMay();
  const me = useMe();
  const answer = useQuery(admins);
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<Admin>();
  const [switching, setSwitching] = useState<Admin>();
  const edit = may('admin.edit');
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
              { key: 'role', label: 'Role', cell: (a) => a.role.name },
              {
                key: 'factors',
                label: 'Second factor',
                cell: (a) =>
                  a.factors.length > 0 ? (
                    [...new Set(a.factors)].map((f) => FACTORS[f] ?? f).join(', ')
                  ) : (
                    <ToneMark tone="wait">None yet</ToneMark>
                  ),
              },
              { key: 'seen', label: 'Last seen', cell: (a) => <When time={a.lastSeen} /> },
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
                cell: (a) =>
                  edit &&
                  a.id !== me.admin.id && (
                    <ButtonMenu
                      label="Change"
                      variant="subtle"
                      items={[
                        { label: 'Give another role…', run: () => setChanging(a) },
                        {
                          label: a.state === 'disabled' ? 'Enable…' : 'Disable…',
                          run: () => setSwitching(a),
                          danger: a.state !== 'disabled',
                        },
                      ]}
                    />
                  ),
              },
            ]}
          />
        )}
      </Loaded>
      {adding && <Add onClose={() => setAdding(false)} />}
      {changing && <ChangeRole admin={changing} onClose={() => setChanging(undefined)} />}
      {switching && <Switch admin={switching} onClose={() => setSwitching(undefined)} />}
    </Stack>
  );
}

const HELD = 'With two administrators or more, another one must approve this before it takes effect.';

function Add({ onClose }: { onClose: () => void }) {
  const known = useQuery(roles);
  const form = useForm({
    initialValues: { name: '', password: '', role: '' },
    validate: {
      name: (v) => (v.trim() ? null : 'Choose a name.'),
      password: (v) => (v.length >= SHORTEST_PASSWORD ? null : `At least ${SHORTEST_PASSWORD} characters.`),
      role: (v) => (v ? null : 'Choose a role.'),
    },
  });
  const add = useAct(addAdmin, {
    done: (a) => (a.state === 'active' ? `${a.name} may sign in.` : `${a.name} waits for approval.`),
    stale: STALE,
    after: onClose,
  });
  const submit = form.onSubmit((values) =>
    add.mutate(values, { onError: (error) => error instanceof ApiError && form.setErrors(error.fields) }),
  );
  return (
    <Dialog
      opened
      title="Add an administrator"
      submit="Add"
      onClose={onClose}
      onSubmit={() => submit()}
      busy={add.isPending}
      error={add.error}
    >
      <TextInput label="Name" autoComplete="off" data-autofocus {...form.getInputProps('name')} />
      <PasswordInput
        label="First password"
        description="Give it to them in person. They add a second factor at their first sign-in."
        autoComplete="new-password"
        visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
        {...form.getInputProps('password')}
      />
      <Select
        label="Role"
        data={(known.data ?? []).map((r) => ({ value: r.id, label: r.name }))}
        {...form.getInputProps('role')}
      />
      <Text size="sm" c="dimmed">
        {HELD} A new administrator cannot approve anything for 24 hours.
      </Text>
    </Dialog>
  );
}

function ChangeRole({ admin, onClose }: { admin: Admin; onClose: () => void }) {
  const known = useQuery(roles);
  const [role, setRole] = useState<string | null>(admin.role.id);
  const save = useAct(() => editAdmin(admin.id, { role: role ?? '' }), {
    done: () => 'Asked. It is in force, or waits under Approvals.',
    stale: STALE,
    after: onClose,
  });
  return (
    <Dialog
      opened
      title={`Role of ${admin.name}`}
      submit="Save"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
      incomplete={!role || role === admin.role.id}
    >
      <Select
        label="Role"
        data={(known.data ?? []).map((r) => ({ value: r.id, label: r.name }))}
        value={role}
        onChange={setRole}
        allowDeselect={false}
      />
      <Text size="sm" c="dimmed">
        {HELD}
      </Text>
    </Dialog>
  );
}

function Switch({ admin, onClose }: { admin: Admin; onClose: () => void }) {
  const enable = admin.state === 'disabled';
  const save = useAct(() => editAdmin(admin.id, { state: enable ? 'active' : 'disabled' }), {
    done: () =>
      enable ? 'Asked. It is in force, or waits under Approvals.' : `${admin.name} is signed out everywhere.`,
    stale: [...STALE, 'sessions'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      danger={!enable}
      title={`${enable ? 'Enable' : 'Disable'} ${admin.name}?`}
      submit={enable ? 'Enable' : 'Disable'}
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
    >
      <Text size="sm">
        {enable
          ? HELD
          : 'Their sessions and tokens end at once. What they asked for and is not approved yet lapses.'}
      </Text>
    </Dialog>
  );
}
