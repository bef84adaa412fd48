import { Box, Select } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { devices } from '../../api/devices';
import { deviceSchedule } from '../../api/schedules';
import { useMay } from '../../app/me';
import { Panel } from '../../ui/Panel';
import { Trouble } from '../../ui/Trouble';
import { Holds } from './Holds';
import { person } from '../../ui/actor';

/** What one device gets now, and why. */
export function DeviceNow() {
  const may = useMay();
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const found = useInfiniteQuery({ ...devices({ q: search }), enabled: may('device.read') });
  const answer = useQuery({ ...deviceSchedule(chosen ?? ''), enabled: chosen !== null });
  if (!may('device.read')) return null;
  const options = (found.data?.pages[0]?.items ?? []).map((d) => ({
    value: d.id,
    label: `${d.name || d.model || d.deviceId} (${person(d.user)})`,
  }));
  return (
    <Panel title="What a device gets now">
      <Select
        aria-label="Device"
        placeholder="Search a device…"
        data={options}
        value={chosen}
        onChange={setChosen}
        searchable
        onSearchChange={setSearch}
        nothingFoundMessage="No device found"
        w={{ base: '100%', xs: 340 }}
      />
      <Box mt={chosen ? 'md' : 0} aria-live="polite">
        {answer.error && <Trouble error={answer.error} />}
        {answer.data && <Holds schedule={answer.data} />}
      </Box>
    </Panel>
  );
}
