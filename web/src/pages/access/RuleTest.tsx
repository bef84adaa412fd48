import { Box, Button, Group, Select } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { devices } from '../../api/devices';
import { testRules } from '../../api/zone';
import { Panel } from '../../ui/Panel';
import { Trouble } from '../../ui/Trouble';
import { Trail } from './Trail';
import { person } from '../../ui/actor';

/** What the rules would say to one device, step by step. */
export function RuleTest() {
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const found = useInfiniteQuery(devices({ q: search }));
  const test = useMutation({ mutationFn: testRules });
  const options = (found.data?.pages[0]?.items ?? []).map((d) => ({
    value: d.id,
    label: `${d.name || d.model || d.deviceId} (${person(d.user)})`,
  }));
  return (
    <Panel title="Try the rules on a device">
      <Group gap="xs">
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
        <Button
          variant="default"
          disabled={!chosen}
          loading={test.isPending}
          onClick={() => chosen && test.mutate(chosen)}
        >
          Try
        </Button>
      </Group>
      <Box mt={test.data || test.isError ? 'md' : 0} aria-live="polite">
        {test.isError && <Trouble error={test.error} />}
        {test.data && <Trail trail={test.data} />}
      </Box>
    </Panel>
  );
}
