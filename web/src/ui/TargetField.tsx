import { Select } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { groups, users } from '../api/people';

interface TargetFieldProps {
  kind: 'user' | 'group';
  value: string | null;
  onChange: (id: string | null) => void;
  /** What stands for no choice, where none needs to be made. */
  none?: string;
}

/** One user, found by typing, or one group of users. */
export function TargetField({ kind, value, onChange, none }: TargetFieldProps) {
  const [search, setSearch] = useState('');
  const found = useInfiniteQuery({ ...users({ q: search }), enabled: kind === 'user' });
  const sets = useQuery({ ...groups('user-groups'), enabled: kind === 'group' });
  const choices = kind === 'user' ? found.data?.pages[0]?.items : sets.data;
  return (
    <Select
      label={kind === 'user' ? 'User' : 'Group'}
      data={(choices ?? []).map((t) => ({ value: t.id, label: t.name }))}
      value={value}
      onChange={onChange}
      placeholder={none}
      clearable={none !== undefined}
      clearButtonProps={{ 'aria-label': none }}
      searchable
      onSearchChange={setSearch}
      nothingFoundMessage="None found"
    />
  );
}
