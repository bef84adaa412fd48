import { Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { inventoryChanges, inventoryKinds } from '../../api/inventory';
import type { InventoryChange, InventoryKind, InventorySection } from '../../api/types';
import { useFilters } from '../../app/filters';
import { Paged } from '../../ui/Paged';
import { Panel } from '../../ui/Panel';
import { Status } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { When } from '../../ui/When';
import { differences, itemWords } from './inventory';

interface InventoryChangesProps {
  id: string;
  /** The sections to choose from. */
  sections: InventorySection[];
}

/** What has changed on a device, newest first. */
export function InventoryChanges({ id, sections }: InventoryChangesProps) {
  const [filters, setFilters] = useFilters();
  const kinds = useQuery(inventoryKinds);
  const of = filters.changes ?? '';
  const kind = (c: InventoryChange) => kinds.data?.find((k) => k.section === c.section);
  return (
    <Panel
      title="Changes"
      flush
      aside={
        <Select
          size="xs"
          aria-label="Changes of which section"
          data={[
            { value: '', label: 'Of all sections' },
            ...sections.map((s) => ({ value: s.section, label: s.title })),
          ]}
          value={of}
          onChange={(next) => setFilters({ changes: next ?? '' })}
          allowDeselect={false}
        />
      }
    >
      <Paged query={inventoryChanges(id, of)}>
        {(rows) =>
          rows.length === 0 ? (
            <Text size="sm" c="dimmed" px="lg" pb="lg">
              Nothing has changed since it told this first. Changes are kept for a year.
            </Text>
          ) : (
            <Table
              label="Changes"
              rows={rows}
              id={(c) => c.id}
              columns={[
                { key: 'what', label: 'What', cell: (c) => <What change={c} kind={kind(c)} /> },
                {
                  key: 'section',
                  label: 'Section',
                  width: '18%',
                  cell: (c) => kind(c)?.title ?? c.section,
                },
                {
                  key: 'kind',
                  label: 'Change',
                  width: '14%',
                  cell: (c) => <Status state={c.kind} plain />,
                },
                {
                  key: 'at',
                  label: 'When',
                  width: '16%',
                  align: 'right',
                  cell: (c) => <When time={c.at} />,
                },
              ]}
            />
          )
        }
      </Paged>
    </Panel>
  );
}

/** What has changed, with both values. */
export function What({ change, kind }: { change: InventoryChange; kind?: InventoryKind }) {
  const name = itemWords(kind, change.after ?? change.before ?? {});
  return (
    <Stack gap={0} style={{ overflowWrap: 'anywhere' }}>
      {(change.kind !== 'changed' || !kind?.single) && <span>{name}</span>}
      {change.kind === 'changed' &&
        differences(kind, change).map((words) => (
          <Text key={words} size="sm" c={kind?.single ? undefined : 'dimmed'}>
            {words}
          </Text>
        ))}
    </Stack>
  );
}
