import { Button, Group, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { groups } from '../../api/people';
import { platforms } from '../../api/zone';
import type { Filters } from '../../app/router';
import { useMay } from '../../app/me';
import { SearchField } from '../../ui/SearchField';

/** The filters of the device list, as the address and the API name them. */
export const FILTER_NAMES = [
  'q',
  'platform',
  'state',
  'policyState',
  'contact',
  'liability',
  'group',
  'user',
];

export const DEVICE_STATES = [
  { value: 'allowed', label: 'Allowed' },
  { value: 'quarantined', label: 'Quarantined' },
  { value: 'blocked', label: 'Blocked' },
  { value: 'wiped', label: 'Wiped' },
];

const POLICY_STATES = [
  { value: 'current', label: 'Up to date' },
  { value: 'pending', label: 'Pending' },
  { value: 'outdated', label: 'Out of date' },
  { value: 'partial', label: 'Partly' },
  { value: 'none', label: 'None' },
];

const CONTACTS = [
  { value: '1h', label: 'In the last hour' },
  { value: '24h', label: 'In the last day' },
  { value: '7d', label: 'In the last week' },
  { value: '30d', label: 'In the last month' },
  { value: 'older', label: 'Longer ago' },
  { value: 'never', label: 'Never' },
];

const OWNERS = [
  { value: 'corporate', label: 'Corporate' },
  { value: 'personal', label: 'Personal' },
];

interface FilterBarProps {
  filters: Filters;
  onChange: (change: Filters) => void;
  onClear?: () => void;
}

export function FilterBar({ filters, onChange, onClear }: FilterBarProps) {
  const may = useMay();
  const all = useQuery(platforms);
  const sets = useQuery({ ...groups('device-groups'), enabled: may('group.read') });
  const choice = (name: string, label: string, data: { value: string; label: string }[], w = 150) => (
    <Select
      aria-label={label}
      placeholder={label}
      data={data}
      value={filters[name] ?? null}
      onChange={(value) => onChange({ [name]: value ?? '' })}
      clearable
      clearButtonProps={{ 'aria-label': `Clear ${label}` }}
      searchable={data.length > 8}
      w={{ base: '100%', xs: w }}
    />
  );
  return (
    <Group gap="xs" mb="md">
      <SearchField
        label="Search devices"
        placeholder="Name, user, model, serial…"
        value={filters.q ?? ''}
        onChange={(q) => onChange({ q })}
      />
      {choice(
        'platform',
        'Platform',
        (all.data ?? []).map((p) => ({ value: p.key, label: p.label })),
        170,
      )}
      {choice('state', 'Access', DEVICE_STATES)}
      {choice('policyState', 'Policy', POLICY_STATES)}
      {choice('contact', 'Last contact', CONTACTS, 160)}
      {choice('liability', 'Owner', OWNERS, 130)}
      {(sets.data?.length ?? 0) > 0 &&
        choice(
          'group',
          'Group',
          (sets.data ?? []).map((g) => ({ value: g.id, label: g.name })),
        )}
      {onClear && (
        <Button variant="subtle" onClick={onClear}>
          Clear
        </Button>
      )}
    </Group>
  );
}
