import { Button, Group, Select } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { exportOf, syncKeeping, syncLog } from '../../api/logs';
import type { SyncRecord } from '../../api/types';
import { useFilters } from '../../app/filters';
import { Callout } from '../../ui/Callout';
import { Empty } from '../../ui/Empty';
import { Grid, type GridColumn } from '../../ui/Grid';
import { PageHead } from '../../ui/PageHead';
import { Status } from '../../ui/Status';
import { When } from '../../ui/When';
import { Keeping } from './Keeping';
import { size } from './words';
import { person } from '../../ui/actor';
import { shortId } from '../../ui/shortId';

const COLUMNS: GridColumn<SyncRecord>[] = [
  {
    key: 'device',
    label: 'Device',
    track: 'minmax(160px, 1.2fr)',
    phone: 'lead',
    cell: (x) => (
      <Link to="/devices/$id" params={{ id: x.device.id }}>
        {x.device.name || shortId(x.device.id)}
      </Link>
    ),
  },
  { key: 'user', label: 'User', track: 'minmax(120px, 1fr)', phone: 'second', cell: (x) => person(x.user) },
  { key: 'command', label: 'Command', track: 'minmax(120px, 1fr)', cell: (x) => x.command },
  {
    key: 'outcome',
    label: 'Outcome',
    track: '130px',
    phone: 'mark',
    cell: (x) => <Status state={x.outcome} plain />,
  },
  { key: 'reason', label: 'Why', track: '120px', cell: (x) => x.reason || `${x.status}` },
  { key: 'duration', label: 'Took', track: '90px', cell: (x) => `${x.duration.toFixed(2)} s` },
  { key: 'size', label: 'In, out', track: '140px', cell: (x) => `${size(x.received)}, ${size(x.sent)}` },
  { key: 'at', label: 'When', track: '130px', cell: (x) => <When time={x.at} /> },
];

const CHANNELS = [
  { value: 'activesync', label: 'ActiveSync' },
  { value: 'companion', label: 'Companion' },
];

const OUTCOMES = [
  { value: 'ok', label: 'Done' },
  { value: 'refused', label: 'Refused' },
  { value: 'failed', label: 'Failed' },
];

/** What devices have synchronised and when, never what was in it; only where the zone keeps that. */
export default function SyncLog() {
  const [filters, setFilters] = useFilters();
  const keeping = useQuery(syncKeeping);
  const query = {
    channel: filters.channel,
    outcome: filters.outcome,
    device: filters.device,
    user: filters.user,
  };
  const choice = (name: 'channel' | 'outcome', label: string, data: { value: string; label: string }[]) => (
    <Select
      aria-label={label}
      placeholder={label}
      data={data}
      value={filters[name] ?? null}
      onChange={(value) => setFilters({ [name]: value ?? '' })}
      clearable
      clearButtonProps={{ 'aria-label': `Clear ${label}` }}
      w={{ base: '100%', xs: 160 }}
    />
  );
  const off = keeping.data?.days === 0;
  return (
    <>
      <PageHead
        title="Synchronisations"
        lead="Which device has asked for what, when, and how it ended. Never what was in it."
      >
        <Keeping />
        <Button variant="default" component="a" href={exportOf('/log/sync', query)} download>
          Export as JSON
        </Button>
      </PageHead>
      {off && (
        <Callout tone="info" title="Nothing is kept">
          This zone does not keep what devices synchronise. It tells when people use their phones: keep it as
          long as you look for a fault, and no longer.
        </Callout>
      )}
      <Group gap="xs" my="md" align="flex-end">
        {choice('channel', 'Way', CHANNELS)}
        {choice('outcome', 'Outcome', OUTCOMES)}
      </Group>
      <Grid
        label="Synchronisations"
        noun="synchronisation"
        query={syncLog(query)}
        columns={COLUMNS}
        id={(x) => x.id}
        name={(x) => `${x.device.name} ${x.command}`}
        empty={
          <Empty icon={RefreshCw} title="None">
            {off ? 'Nothing is kept.' : 'Nothing like this has happened since the zone keeps it.'}
          </Empty>
        }
      />
    </>
  );
}
