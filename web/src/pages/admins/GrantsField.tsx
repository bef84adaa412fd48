import { ActionIcon, Button, Group, MultiSelect, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { roles, type GrantDraft } from '../../api/admins';
import { groups } from '../../api/people';
import { useMay } from '../../app/me';

interface GrantsFieldProps {
  value: GrantDraft[];
  onChange: (grants: GrantDraft[]) => void;
}

const REACH = [
  { value: 'zone', label: 'The whole zone' },
  { value: 'groups', label: 'Some groups of devices' },
];

/** The roles of an administrator, each for the whole zone or for some groups of devices. */
export function GrantsField({ value, onChange }: GrantsFieldProps) {
  const may = useMay();
  const known = useQuery(roles);
  const sets = useQuery({ ...groups('device-groups'), enabled: may('group.read') });
  const set = (at: number, change: Partial<GrantDraft>) =>
    onChange(value.map((grant, i) => (i === at ? { ...grant, ...change } : grant)));
  return (
    <Stack gap="sm">
      {value.map((grant, i) => (
        <Group key={i} gap="xs" align="flex-end">
          <Select
            label={i === 0 ? 'Role' : `Role ${i + 1}`}
            data={(known.data ?? []).map((r) => ({ value: r.id, label: r.name }))}
            value={grant.role || null}
            onChange={(role) => set(i, { role: role ?? '' })}
            allowDeselect={false}
            style={{ flex: '1 1 160px' }}
          />
          <Select
            label="Reaches"
            data={REACH}
            value={grant.groups ? 'groups' : 'zone'}
            onChange={(reach) => set(i, { groups: reach === 'groups' ? [] : undefined })}
            allowDeselect={false}
            style={{ flex: '1 1 160px' }}
          />
          {grant.groups && (
            <MultiSelect
              label="Groups of devices"
              placeholder={grant.groups.length === 0 ? 'Choose at least one' : ''}
              data={(sets.data ?? []).map((g) => ({ value: g.id, label: g.name }))}
              value={grant.groups}
              onChange={(chosen) => set(i, { groups: chosen })}
              style={{ flex: '1.4 1 200px' }}
            />
          )}
          {value.length > 1 && (
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={`Take role ${i + 1} away`}
              onClick={() => onChange(value.filter((_, at) => at !== i))}
            >
              <X size={16} />
            </ActionIcon>
          )}
        </Group>
      ))}
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          Rights that reach beyond devices have no effect where a role is limited to groups.
        </Text>
        <Button variant="subtle" size="compact-sm" onClick={() => onChange([...value, { role: '' }])}>
          Another role
        </Button>
      </Group>
    </Stack>
  );
}
