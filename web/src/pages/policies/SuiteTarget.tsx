import { Select } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { devices } from '../../api/devices';
import { groups } from '../../api/people';
import { TargetField } from '../../ui/TargetField';
import { person } from '../../ui/actor';

export type TargetKind = 'default' | 'group' | 'user' | 'device';

interface SuiteTargetProps {
  kind: TargetKind;
  value: string | null;
  onChange: (id: string | null) => void;
}

/** Whom a suite is for: a user, a group of users or of devices, or one device. */
export function SuiteTarget({ kind, value, onChange }: SuiteTargetProps) {
  if (kind === 'user') return <TargetField kind="user" value={value} onChange={onChange} />;
  return kind === 'device' ? (
    <DeviceField value={value} onChange={onChange} />
  ) : (
    <GroupField value={value} onChange={onChange} />
  );
}

type FieldProps = Omit<SuiteTargetProps, 'kind'>;

function DeviceField({ value, onChange }: FieldProps) {
  const [search, setSearch] = useState('');
  const found = useInfiniteQuery(devices({ q: search }));
  return (
    <Select
      label="Device"
      data={(found.data?.pages[0]?.items ?? []).map((d) => ({
        value: d.id,
        label: `${d.name}, ${person(d.user)}`,
      }))}
      value={value}
      onChange={onChange}
      searchable
      onSearchChange={setSearch}
      filter={({ options }) => options}
      nothingFoundMessage="None found"
    />
  );
}

function GroupField({ value, onChange }: FieldProps) {
  const choices = useGroups();
  return (
    <Select
      label="Group"
      data={choices}
      value={value}
      onChange={onChange}
      searchable
      nothingFoundMessage="None found"
    />
  );
}

/** The groups of users and of devices, to choose from. */
export function useGroups() {
  const people = useQuery(groups('user-groups'));
  const sets = useQuery(groups('device-groups'));
  const named = (list: { id: string; name: string }[] = []) =>
    list.map((g) => ({ value: g.id, label: g.name }));
  return [
    { group: 'Of users', items: named(people.data) },
    { group: 'Of devices', items: named(sets.data) },
  ];
}
