import { Anchor, Group, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { SearchX } from 'lucide-react';
import { useState } from 'react';
import { inventorySection } from '../../api/inventory';
import type { InventoryField, InventoryItems, InventorySection as Section } from '../../api/types';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { SearchField } from '../../ui/SearchField';
import { Table } from '../../ui/Table';
import { count } from '../../ui/time';
import { When } from '../../ui/When';
import { type Item, toldFields, valueWords, withWords } from './inventory';

interface InventorySectionProps {
  id: string;
  section: string;
  /** All that are known, to go from one to another. */
  sections: Section[];
  /** Opens another, or none for "". */
  onOpen: (section: string) => void;
}

/** One section of a device's inventory. */
export function InventorySection({ id, section, sections, onOpen }: InventorySectionProps) {
  const answer = useQuery(inventorySection(id, section));
  return (
    <Stack gap="md">
      <Group align="flex-end" gap="md">
        <Select
          label="Section"
          data={sections.map((s) => ({ value: s.section, label: s.title }))}
          value={section}
          onChange={(next) => onOpen(next ?? '')}
          allowDeselect={false}
          w={{ base: '100%', xs: 240 }}
        />
        <Anchor component="button" type="button" size="sm" onClick={() => onOpen('')} pb={8}>
          All sections
        </Anchor>
      </Group>
      <Loaded of={answer}>
        {(told) => (told.single ? <Single told={told} /> : <Items key={section} told={told} />)}
      </Loaded>
    </Stack>
  );
}

function Value({ field, value }: { field: InventoryField; value: string | undefined }) {
  if (field.unit === 'time' && value && !Number.isNaN(Date.parse(value))) return <When time={value} />;
  return valueWords(field, value);
}

function Single({ told }: { told: InventoryItems }) {
  const item = told.items[0] ?? {};
  return (
    <Panel title={told.title}>
      <Facts
        rows={told.fields.map((f) => [
          f.title,
          item[f.name] && <Value key={f.name} field={f} value={item[f.name]} />,
        ])}
      />
    </Panel>
  );
}

/** How many are drawn: a computer can have thousands of programs, and who looks for one searches. */
const SHOWN = 200;

function Items({ told }: { told: InventoryItems }) {
  const [search, setSearch] = useState('');
  const fields = toldFields(told.fields, told.items);
  const rows = withWords(fields, told.items, search);
  return (
    <>
      <Group justify="space-between">
        <SearchField
          label={`Search: ${told.title}`}
          placeholder={`Search in ${told.title.toLowerCase()}`}
          value={search}
          onChange={setSearch}
        />
        <Text size="sm" c="dimmed" role="status">
          {rows.length === told.items.length
            ? count(rows.length)
            : `${count(rows.length)} of ${count(told.items.length)}`}
          {rows.length > SHOWN && `, the first ${SHOWN} are shown: search for the others`}
        </Text>
      </Group>
      {rows.length === 0 ? (
        <Panel>
          <Empty icon={SearchX} title={told.items.length === 0 ? 'None' : 'Nothing matches'}>
            {told.items.length === 0
              ? 'The device has told that it has none.'
              : 'Search for part of what stands in any column.'}
          </Empty>
        </Panel>
      ) : (
        <Table
          framed
          label={told.title}
          rows={rows.slice(0, SHOWN)}
          id={(item) => told.fields.map((f) => item[f.name]).join('\n')}
          columns={fields.map((f) => ({
            key: f.name,
            label: f.title,
            cell: (item: Item) => (
              <span style={{ overflowWrap: 'anywhere' }}>
                <Value field={f} value={item[f.name]} />
              </span>
            ),
          }))}
        />
      )}
    </>
  );
}
