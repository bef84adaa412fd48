import { Group, Select, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ListChecks } from 'lucide-react';
import { useState } from 'react';
import { commands } from '../../api/commands';
import type { Command } from '../../api/types';
import { overview } from '../../api/zone';
import { useFilters } from '../../app/filters';
import { useMay } from '../../app/me';
import { Empty } from '../../ui/Empty';
import { Grid, type GridColumn } from '../../ui/Grid';
import { PageHead } from '../../ui/PageHead';
import { actorName } from '../../ui/actor';
import { Status } from '../../ui/Status';
import { TabList } from '../../ui/TabList';
import { When } from '../../ui/When';
import { Approvals } from './Approvals';
import { Batches } from './Batches';
import { CommandDrawer } from './CommandDrawer';
import { person } from '../../ui/actor';

const STATES = [
  { value: 'open', label: 'Under way' },
  { value: 'awaiting', label: 'Awaiting approval' },
  { value: 'queued', label: 'Queued' },
  { value: 'delivered', label: 'Delivered' },
  { value: 'done', label: 'Done' },
  { value: 'failed', label: 'Failed' },
  { value: 'cancelled', label: 'Cancelled' },
  { value: 'expired', label: 'Expired' },
];

function columns(open: (c: Command) => void): GridColumn<Command>[] {
  return [
    {
      key: 'label',
      label: 'Command',
      track: 'minmax(180px, 1.2fr)',
      phone: 'lead',
      cell: (c) => (
        <button type="button" className="link" onClick={() => open(c)}>
          {c.label}
        </button>
      ),
    },
    {
      key: 'device',
      label: 'Device',
      track: 'minmax(150px, 1fr)',
      phone: 'second',
      cell: (c) => (
        <Link to="/devices/$id" params={{ id: c.device.id }} search={{ tab: 'commands' }}>
          {c.device.name}
        </Link>
      ),
    },
    { key: 'user', label: 'User', track: 'minmax(130px, 1fr)', cell: (c) => person(c.user) },
    { key: 'state', label: 'State', track: '200px', phone: 'mark', cell: (c) => <Status state={c.state} /> },
    { key: 'by', label: 'Asked by', track: '140px', cell: (c) => actorName(c.requestedBy) },
    { key: 'requested', label: 'Asked', track: '140px', cell: (c) => <When time={c.requested} /> },
  ];
}

/** What is asked of devices, and what waits for somebody's approval. */
export default function Commands() {
  const may = useMay();
  const [filters, setFilters] = useFilters();
  const [opened, setOpened] = useState<Command>();
  const { data } = useQuery(overview);
  const waiting = data?.approvals ?? 0;
  const { state } = filters;
  return (
    <>
      <PageHead title="Commands" lead="What is asked of devices, and what waits for a second person." />
      <Tabs
        value={filters.tab ?? 'all'}
        onChange={(tab) => setFilters({ tab: tab === 'all' ? '' : (tab ?? '') })}
        keepMounted={false}
      >
        <TabList shown={filters.tab ?? 'all'}>
          <Tabs.Tab value="all">All commands</Tabs.Tab>
          {may('approval.read') && (
            <Tabs.Tab value="approvals">Approvals{waiting > 0 ? ` (${waiting})` : ''}</Tabs.Tab>
          )}
        </TabList>
        <Tabs.Panel value="all">
          <Batches />
          <Group gap="xs" mb="md">
            <Select
              aria-label="State"
              placeholder="State"
              data={STATES}
              value={state ?? null}
              onChange={(next) => setFilters({ state: next ?? '' })}
              clearable
              clearButtonProps={{ 'aria-label': 'Clear state' }}
              w={{ base: '100%', xs: 190 }}
            />
          </Group>
          <Grid
            label="Commands"
            noun="command"
            query={commands(state === 'open' ? { open: true } : { state })}
            columns={columns(setOpened)}
            id={(c) => c.id}
            name={(c) => c.label}
            empty={
              <Empty icon={ListChecks} title={state ? 'No command matches' : 'No command yet'}>
                {state ? 'Try another state.' : 'Open a device to lock it, erase its company data, or more.'}
              </Empty>
            }
          />
        </Tabs.Panel>
        <Tabs.Panel value="approvals">
          <Approvals />
        </Tabs.Panel>
      </Tabs>
      {opened && <CommandDrawer id={opened.id} onClose={() => setOpened(undefined)} />}
    </>
  );
}
