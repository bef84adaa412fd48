import { ActionIcon, Button, Group, Input, Select, Stack, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { roles } from '../../api/admins';
import type { Values } from './draft';

/** Which groups make administrators of their members. */
export function RolesField({ form }: { form: UseFormReturnType<Values> }) {
  const all = useQuery(roles);
  return (
    <Input.Wrapper
      label="Administrators"
      description="Members of these groups become administrators, each once another administrator has approved it."
      error={form.errors.roles}
    >
      <Stack gap="xs" mt={6}>
        {form.values.roles.map((_, i) => (
          <Group key={i} gap="xs" wrap="nowrap">
            <TextInput
              aria-label={`Group ${i + 1}`}
              placeholder="Group"
              flex={1}
              {...form.getInputProps(`roles.${i}.group`)}
            />
            <Select
              aria-label={`Role of group ${i + 1}`}
              placeholder="Role"
              flex={1}
              data={(all.data ?? []).map((r) => ({ value: r.id, label: r.name }))}
              {...form.getInputProps(`roles.${i}.role`)}
            />
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={`Remove group ${i + 1}`}
              onClick={() => form.removeListItem('roles', i)}
            >
              <Trash2 size={16} />
            </ActionIcon>
          </Group>
        ))}
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<Plus size={14} />}
            onClick={() => form.insertListItem('roles', { group: '', role: '' })}
          >
            Add a group
          </Button>
        </Group>
      </Stack>
    </Input.Wrapper>
  );
}
