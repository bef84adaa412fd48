import { MultiSelect, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { groups } from '../../api/people';
import { folders } from '../../api/registration';
import type { ComputerPlace } from '../../api/types';

interface PlaceFieldsProps {
  value: ComputerPlace;
  onChange: (place: ComputerPlace) => void;
}

/** Where a computer is put, and what it is called. */
export function PlaceFields({ value, onChange }: PlaceFieldsProps) {
  const sets = useQuery(groups('device-groups'));
  const chosen = (sets.data ?? []).filter((g) => g.kind === 'chosen');
  return (
    <>
      <FolderField value={value.folder ?? ''} onChange={(folder) => onChange({ ...value, folder })} />
      {chosen.length > 0 && (
        <MultiSelect
          label="Groups (optional)"
          data={chosen.map((g) => ({ value: g.id, label: g.name }))}
          value={value.groups ?? []}
          onChange={(next) => onChange({ ...value, groups: next })}
          searchable
        />
      )}
      <TextInput
        label="Name (optional)"
        description="The host name where it is empty. {host}, {fqdn}, {serial}, {model}, {platform}, {user}, {attribute:site}, and {number:3}, which counts up."
        placeholder="vie-{number:3}"
        value={value.name ?? ''}
        onChange={(e) => onChange({ ...value, name: e.currentTarget.value })}
      />
    </>
  );
}

interface FolderFieldProps {
  value: string;
  onChange: (id: string) => void;
  label?: string;
  /** What stands for no folder. */
  none?: string;
}

/** One folder, or none. */
export function FolderField({
  value,
  onChange,
  label = 'Folder',
  none = '/ (the topmost)',
}: FolderFieldProps) {
  const all = useQuery(folders);
  return (
    <Select
      label={label}
      data={[{ value: '', label: none }, ...(all.data ?? []).map((f) => ({ value: f.id, label: f.path }))]}
      value={value}
      onChange={(next) => onChange(next ?? '')}
      allowDeselect={false}
      searchable
    />
  );
}

/** The names of folders and groups by their ids. */
export function usePlaceNames(): (place: ComputerPlace) => string {
  const tree = useQuery(folders);
  const sets = useQuery(groups('device-groups'));
  const names = new Map([
    ...(tree.data ?? []).map((f) => [f.id, f.path] as const),
    ...(sets.data ?? []).map((g) => [g.id, g.name] as const),
  ]);
  return (place) => {
    const into = [place.folder ? (names.get(place.folder) ?? place.folder) : '/'];
    into.push(...(place.groups ?? []).map((id) => names.get(id) ?? id));
    return into.join(', ') + (place.name ? `, as ${place.name}` : '');
  };
}
