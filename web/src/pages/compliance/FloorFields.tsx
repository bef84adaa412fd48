import { ActionIcon, Button, Group, Select, Text, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { Plus, X } from 'lucide-react';
import type { ComplianceRuleDraft, Floor } from '../../api/types';

interface FloorFieldsProps {
  form: UseFormReturnType<ComplianceRuleDraft>;
  platforms: { value: string; label: string }[];
}

const EMPTY: Floor = { platform: '', version: '' };

/** The least versions of systems: of several for one platform, the highest that is asked by now holds. */
export function FloorFields({ form, platforms }: FloorFieldsProps) {
  const floors = form.values.floors?.length ? form.values.floors : [EMPTY];
  const set = (next: Floor[]) => form.setFieldValue('floors', next);
  const change = (at: number, part: Partial<Floor>) =>
    set(floors.map((f, i) => (i === at ? { ...f, ...part } : f)));
  return (
    <div role="group" aria-label="Least versions">
      {floors.map((f, i) => (
        <Group key={i} align="flex-end" gap="xs" mb={6} role="group" aria-label={`Least version ${i + 1}`}>
          <Select
            label="Platform"
            data-path={i === 0 ? 'floors' : undefined}
            data={platforms}
            searchable
            value={f.platform || null}
            onChange={(platform) => change(i, { platform: platform ?? '' })}
            flex="2 1 170px"
          />
          <TextInput
            label="At least"
            placeholder="17.2"
            value={f.version}
            onChange={(e) => change(i, { version: e.currentTarget.value })}
            flex="1 1 90px"
          />
          <TextInput
            type="date"
            label="From (always if empty)"
            value={f.from ?? ''}
            onChange={(e) => change(i, { from: e.currentTarget.value || undefined })}
            flex="1.4 1 150px"
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            mb={4}
            disabled={floors.length === 1}
            aria-label={`Remove the least version ${i + 1}`}
            onClick={() => set(floors.filter((_, j) => j !== i))}
          >
            <X size={15} />
          </ActionIcon>
        </Group>
      ))}
      {form.errors.floors && (
        <Text size="xs" c="red" role="alert" mb={6}>
          {form.errors.floors}
        </Text>
      )}
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Plus size={14} />}
        onClick={() => set([...floors, EMPTY])}
      >
        Another
      </Button>
    </div>
  );
}
