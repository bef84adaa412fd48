import { Group, Title } from '@mantine/core';
import { PackageSearch } from 'lucide-react';
import { useState } from 'react';
import { software } from '../../api/inventory';
import type { Software } from '../../api/types';
import { Empty } from '../../ui/Empty';
import { Grid, type GridColumn } from '../../ui/Grid';
import { SearchField } from '../../ui/SearchField';
import { count } from '../../ui/time';
import { VersionsDialog } from './VersionsDialog';

interface ProgramsProps {
  search: string;
  onSearch: (search: string) => void;
  onAsk: (tests: string[]) => void;
}

/** Every program of the zone. */
export function Programs({ search, onSearch, onAsk }: ProgramsProps) {
  const [chosen, setChosen] = useState<Software>();
  const columns: GridColumn<Software>[] = [
    {
      key: 'name',
      label: 'Program',
      track: 'minmax(220px, 2fr)',
      phone: 'lead',
      cell: (s) => (
        <button type="button" className="link" onClick={() => setChosen(s)}>
          {s.name}
        </button>
      ),
    },
    {
      key: 'source',
      label: 'Comes from',
      track: 'minmax(120px, 1fr)',
      phone: 'second',
      cell: (s) => s.source || '–',
    },
    { key: 'versions', label: 'Versions', track: '110px', cell: (s) => count(s.versions) },
    { key: 'devices', label: 'Devices', track: '110px', phone: 'mark', cell: (s) => count(s.devices) },
  ];
  return (
    <section>
      <Group justify="space-between" mb="sm">
        <Title order={2}>Programs</Title>
        <SearchField
          label="Search programs"
          placeholder="Search part of a name"
          value={search}
          onChange={onSearch}
        />
      </Group>
      <Grid
        label="Programs"
        noun="program"
        query={software(search)}
        columns={columns}
        id={(s) => `${s.source}:${s.name}`}
        name={(s) => s.name}
        empty={
          search ? (
            <Empty icon={PackageSearch} title="No program matches">
              Search for a shorter part of its name.
            </Empty>
          ) : (
            <Empty icon={PackageSearch} title="No software is known yet">
              Add a computer under Devices, and put the token that you get into its inventory agent. What it
              has installed appears here.
            </Empty>
          )
        }
      />
      {chosen && (
        <VersionsDialog
          program={chosen}
          onClose={() => setChosen(undefined)}
          onAsk={(test) => {
            setChosen(undefined);
            onAsk([test]);
          }}
        />
      )}
    </section>
  );
}
