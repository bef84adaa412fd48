import { Button, Group, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { SlidersHorizontal } from 'lucide-react';
import { useState } from 'react';
import { groups } from '../../api/people';
import { overview } from '../../api/zone';
import type { Filters } from '../../app/router';
import { useMay } from '../../app/me';
import { SearchField } from '../../ui/SearchField';
import classes from './devices.module.css';

/** The filters of the device list, as the address and the API name them. */
export const FILTER_NAMES = [
  'q',
  'platform',
  'access',
  'state',
  'policyState',
  'contact',
  'mark',
  'liability',
  'group',
  'user',
];

const ACCESS = [
  { value: 'allow', label: 'Allowed' },
  { value: 'quarantine', label: 'Quarantined' },
  { value: 'block', label: 'Blocked' },
];

const STATES = [
  { value: 'active', label: 'Active' },
  { value: 'pending', label: 'Pending' },
  { value: 'retired', label: 'Retired' },
  { value: 'wiped', label: 'Wiped' },
  { value: 'removed', label: 'Removed' },
];

const POLICY_STATES = [
  { value: 'acknowledged', label: 'Acknowledged' },
  { value: 'sent', label: 'Sent' },
  { value: 'pending', label: 'Pending' },
  { value: 'partial', label: 'Partly' },
  { value: 'refused', label: 'Refused' },
  { value: 'external', label: 'Managed by others' },
  { value: 'none', label: 'None' },
];

const CONTACTS = [
  { value: 'hour', label: 'In the last hour' },
  { value: 'day', label: 'Over an hour ago' },
  { value: 'week', label: 'Over a day ago' },
  { value: 'month', label: 'Over a week ago' },
  { value: 'longer', label: 'Over a month ago' },
];

const MARKS = [
  { value: 'stale', label: 'Stale' },
  { value: 'lost', label: 'Lost' },
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
  const facts = useQuery(overview);
  const [open, setOpen] = useState(false);
  const set = FILTER_NAMES.slice(1).filter((name) => filters[name]).length;
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
      w={{ base: '100%', sm: w }}
    />
  );
  return (
    <Group gap="xs" mb="md">
      <SearchField
        label="Search devices"
        placeholder="Name, user, model…"
        value={filters.q ?? ''}
        onChange={(q) => onChange({ q })}
      />
      <Button
        variant="default"
        hiddenFrom="sm"
        leftSection={<SlidersHorizontal size={15} />}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {set > 0 ? `Filters (${set})` : 'Filters'}
      </Button>
      <Group gap="xs" className={classes.filters} data-open={open || undefined}>
        {choice(
          'platform',
          'Platform',
          (facts.data?.devices.byPlatform ?? []).map((p) => ({ value: p.key, label: p.label })),
          170,
        )}
        {choice('access', 'Mail', ACCESS, 140)}
        {choice('state', 'State', STATES, 120)}
        {choice('policyState', 'Policy', POLICY_STATES)}
        {choice('contact', 'Last contact', CONTACTS, 160)}
        {choice('mark', 'Called', MARKS, 110)}
        {choice('liability', 'Owner', OWNERS, 130)}
        {(sets.data?.length ?? 0) > 0 &&
          choice(
            'group',
            'Group',
            (sets.data ?? []).map((g) => ({ value: g.id, label: g.name })),
          )}
      </Group>
      {onClear && (
        <Button variant="subtle" onClick={onClear}>
          Clear
        </Button>
      )}
    </Group>
  );
}
