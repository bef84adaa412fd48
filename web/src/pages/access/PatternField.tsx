import { Select, TextInput } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { devices } from '../../api/devices';
import { groups, users } from '../../api/people';
import { platforms } from '../../api/zone';
import { person } from '../../ui/actor';
import { platformChoices } from '../../ui/platforms';
import { MATCHES, type Match } from './rule';

interface PatternFieldProps {
  match: Match;
  value: string;
  error?: React.ReactNode;
  onChange: (pattern: string) => void;
}

/** What a rule looks for: chosen where it is a thing of the zone, typed where it is a pattern. */
export function PatternField({ match, value, error, onChange }: PatternFieldProps) {
  const [search, setSearch] = useState('');
  const rows = useQuery({ ...platforms, enabled: match === 'platform' });
  const people = useInfiniteQuery({ ...users({ q: search }), enabled: match === 'user' });
  const things = useInfiniteQuery({ ...devices({ q: search }), enabled: match === 'device' });
  const userSets = useQuery({ ...groups('user-groups'), enabled: match === 'user-group' });
  const deviceSets = useQuery({ ...groups('device-groups'), enabled: match === 'device-group' });
  const { label, hint, help } = MATCHES[match];
  if (match === 'any') return null;
  if (hint) {
    return (
      <TextInput
        label={label}
        description={help}
        placeholder={hint}
        value={value}
        error={error}
        onChange={(e) => onChange(e.currentTarget.value)}
      />
    );
  }
  const named = (list: { id: string; name: string }[] | undefined) =>
    (list ?? []).map((x) => ({ value: x.id, label: x.name }));
  const data = {
    platform: platformChoices(rows.data ?? []),
    user: named(people.data?.pages[0]?.items),
    device: (things.data?.pages[0]?.items ?? []).map((d) => ({
      value: d.id,
      label: `${d.name} (${person(d.user)})`,
    })),
    'user-group': named(userSets.data),
    'device-group': named(deviceSets.data),
  };
  return (
    <Select
      label={label}
      data={data[match as keyof typeof data]}
      value={value || null}
      error={error}
      onChange={(next) => onChange(next ?? '')}
      searchable
      onSearchChange={setSearch}
      nothingFoundMessage="None found"
    />
  );
}
