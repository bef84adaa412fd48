import { Group, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { History } from 'lucide-react';
import { useState } from 'react';
import { inventoryKinds, zoneChanges } from '../../api/inventory';
import { groups } from '../../api/people';
import { useFilters } from '../../app/filters';
import { useMay } from '../../app/me';
import { Empty } from '../../ui/Empty';
import { PageHead } from '../../ui/PageHead';
import { Paged } from '../../ui/Paged';
import { Panel } from '../../ui/Panel';
import { SearchField } from '../../ui/SearchField';
import { shortId } from '../../ui/shortId';
import { Status } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { When } from '../../ui/When';
import { What } from '../device/InventoryChanges';

const KINDS = [
  { value: '', label: 'Every change' },
  { value: 'added', label: 'Added' },
  { value: 'gone', label: 'Gone' },
  { value: 'changed', label: 'Changed' },
];

const SINCE = [
  { value: '1', label: 'Since a day ago' },
  { value: '7', label: 'Since a week ago' },
  { value: '30', label: 'Since 30 days ago' },
  { value: '365', label: 'Since a year ago' },
];

const DAY_MS = 86_400_000;

/** What has changed on the computers of the zone, newest first. */
export default function Changes() {
  const may = useMay();
  const [filters, setFilters] = useFilters();
  const [now] = useState(() => Date.now());
  const kinds = useQuery(inventoryKinds);
  const sets = useQuery({ ...groups('device-groups'), enabled: may('group.read') });
  const days = SINCE.some((s) => s.value === filters.since) ? Number(filters.since) : 7;
  const query = zoneChanges({
    section: filters.section,
    kind: filters.kind,
    name: filters.name,
    group: filters.group,
    since: new Date(now - days * DAY_MS).toISOString(),
  });
  const narrowed = Boolean(filters.section || filters.kind || filters.name || filters.group);
  const choose = (name: string) => (value: string | null) => setFilters({ [name]: value ?? '' });
  const kindOf = (section: string) => kinds.data?.find((k) => k.section === section);
  return (
    <>
      <PageHead
        title="What changed"
        lead="What was installed, removed, updated or otherwise changed on the computers of the zone."
      />
      <Group mb="md" gap="xs">
        <SearchField
          label="Name of what has changed"
          placeholder="openssl, or libssl*"
          value={filters.name ?? ''}
          onChange={(name) => setFilters({ name })}
        />
        <Select
          aria-label="Section"
          data={[
            { value: '', label: 'Of everything' },
            ...(kinds.data ?? [])
              .filter((k) => k.section !== 'user' || may('user.personal.read'))
              .map((k) => ({ value: k.section, label: k.title })),
          ]}
          value={filters.section ?? ''}
          onChange={choose('section')}
          allowDeselect={false}
          w={170}
        />
        <Select
          aria-label="Kind of change"
          data={KINDS}
          value={filters.kind ?? ''}
          onChange={choose('kind')}
          allowDeselect={false}
          w={150}
        />
        {may('group.read') && (
          <Select
            aria-label="Group"
            data={[
              { value: '', label: 'On every device' },
              ...(sets.data ?? []).map((g) => ({ value: g.id, label: g.name })),
            ]}
            value={filters.group ?? ''}
            onChange={choose('group')}
            allowDeselect={false}
            searchable
            w={190}
          />
        )}
        <Select
          aria-label="Since when"
          data={SINCE}
          value={String(days)}
          onChange={(next) => setFilters({ since: next === '7' ? '' : (next ?? '') })}
          allowDeselect={false}
          w={180}
        />
      </Group>
      <Panel flush>
        <Paged query={query}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty icon={History} title={narrowed ? 'No change matches' : 'Nothing has changed'}>
                {narrowed
                  ? 'Look further back, or ask for less. Names are whole; * stands for anything, within the last 30 days.'
                  : 'What computers tell first is no change. From then on each scan tells what is new, kept for a year.'}
              </Empty>
            ) : (
              <Table
                label="What changed"
                rows={rows}
                id={(c) => c.id}
                columns={[
                  {
                    key: 'device',
                    label: 'Device',
                    width: '20%',
                    cell: (c) => (
                      <Link to="/devices/$id" params={{ id: c.device.id }} search={{ tab: 'inventory' }}>
                        {c.device.name || shortId(c.device.id)}
                      </Link>
                    ),
                  },
                  { key: 'what', label: 'What', cell: (c) => <What change={c} kind={kindOf(c.section)} /> },
                  {
                    key: 'section',
                    label: 'Section',
                    width: '14%',
                    cell: (c) => kindOf(c.section)?.title ?? c.section,
                  },
                  {
                    key: 'kind',
                    label: 'Change',
                    width: '12%',
                    cell: (c) => <Status state={c.kind} plain />,
                  },
                  {
                    key: 'at',
                    label: 'When',
                    width: '14%',
                    align: 'right',
                    cell: (c) => <When time={c.at} />,
                  },
                ]}
              />
            )
          }
        </Paged>
      </Panel>
    </>
  );
}
