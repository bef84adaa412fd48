import { MultiSelect, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { addRole, editRole, type RoleForm as Values } from '../../api/admins';
import { ApiError } from '../../api/client';
import { groups } from '../../api/people';
import type { Role } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { RightsField } from './RightsField';

/** Makes or changes a role. */
export function RoleForm({ role, onClose }: { role?: Role; onClose: () => void }) {
  const sets = useQuery(groups('device-groups'));
  const form = useForm<Values>({
    initialValues: {
      name: role?.name ?? '',
      description: role?.description ?? '',
      rights: role?.rights ?? [],
      groups: role?.groups.map((g) => g.id) ?? [],
    },
    validate: {
      name: (v) => (v.trim() ? null : 'Give it a name.'),
      rights: (v) => (v.length > 0 ? null : 'Choose at least one right.'),
    },
  });
  const save = useAct((values: Values) => (role ? editRole(role.id, values) : addRole(values)), {
    done: () => 'Asked. It is in force, or waits under Approvals.',
    stale: ['roles', 'admins', 'session', 'approvals'],
    after: onClose,
  });
  const submit = form.onSubmit((values) =>
    save.mutate(values, { onError: (error) => error instanceof ApiError && form.setErrors(error.fields) }),
  );
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
      <MultiSelect
        label="Only for these groups of devices (optional)"
        description="Leave empty for the whole zone. Rights that reach beyond devices then have no effect."
        data={(sets.data ?? []).map((g) => ({ value: g.id, label: g.name }))}
        {...form.getInputProps('groups')}
      />
      <RightsField value={form.values.rights} onChange={(next) => form.setFieldValue('rights', next)} />
      {form.errors.rights && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {form.errors.rights}
        </Text>
      )}
    </Dialog>
  );
}
