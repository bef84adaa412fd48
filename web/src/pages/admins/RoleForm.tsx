import { Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { addRole, editRole, role as read, type RoleForm as Values } from '../../api/admins';
import type { Tagged } from '../../api/client';
import type { Role } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { submits } from '../../ui/submit';
import { outcome } from '../../ui/waiting';
import { RightsField } from './RightsField';

/** Changes a role as it is now. */
export function EditRole({ id, onClose }: { id: string; onClose: () => void }) {
  const { data } = useQuery(read(id));
  if (!data) return null;
  return <RoleForm role={data} onClose={onClose} />;
}

/** Makes or changes a role. */
export function RoleForm({ role, onClose }: { role?: Tagged<Role>; onClose: () => void }) {
  const form = useForm<Values>({
    initialValues: {
      name: role?.name ?? '',
      description: role?.description ?? '',
      rights: role?.rights ?? [],
    },
    validate: {
      name: (v) => (v.trim() ? null : 'Give it a name.'),
      rights: (v) => (v.length > 0 ? null : 'Choose at least one right.'),
    },
  });
  const save = useAct((values: Values) => (role ? editRole(role.id, role.etag, values) : addRole(values)), {
    done: ({ waiting }) => outcome(waiting, 'Saved.'),
    stale: ['roles', 'admins', 'session', 'approvals'],
    after: onClose,
  });
  const submit = submits(form, save);
  return (
    <Dialog
      opened
      size="xl"
      title={role ? `Edit ${role.name}` : 'New role'}
      submit="Save"
      onClose={onClose}
      onSubmit={() => submit()}
      busy={save.isPending}
      error={save.error}
    >
      <TextInput label="Name" data-autofocus {...form.getInputProps('name')} />
      <TextInput label="Description (optional)" {...form.getInputProps('description')} />
      <RightsField value={form.values.rights} onChange={(next) => form.setFieldValue('rights', next)} />
      {form.errors.rights && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {form.errors.rights}
        </Text>
      )}
    </Dialog>
  );
}
