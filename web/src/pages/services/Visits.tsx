import { Group, Select, Stack, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Footprints } from 'lucide-react';
import { useState } from 'react';
import { doorVisits } from '../../api/doors';
import { services } from '../../api/zone';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { VisitTable } from './VisitTable';

const SHOWN = 200;

interface VisitsProps {
  server: string;
  service: string;
  onService: (service: string) => void;
}

/** Which devices and people called a service in the last 30 days, and from where. */
export function Visits({ server, service, onService }: VisitsProps) {
  const [refused, setRefused] = useState(false);
  const [unproven, setUnproven] = useState(false);
  const known = useQuery(services(server));
  const answer = useQuery(doorVisits({ server, service, refused, unproven, days: 30, limit: SHOWN }));
  return (
    <Stack gap="lg">
      <Group align="flex-end">
        <Select
          label="Service"
          data={[
            { value: '', label: 'All services' },
            ...(known.data?.items ?? [])
              .filter((s) => s.built)
              .map((s) => ({ value: s.name, label: s.name })),
          ]}
          value={service}
          onChange={(v) => onService(v ?? '')}
          allowDeselect={false}
        />
        <Switch
          label="Refused alone"
          checked={refused}
          onChange={(e) => setRefused(e.currentTarget.checked)}
          pb={8}
        />
        <Switch
          label="Without proof alone"
          checked={unproven}
          onChange={(e) => setUnproven(e.currentTarget.checked)}
          pb={8}
        />
      </Group>
      <Loaded of={answer}>
        {({ items, more }) =>
          items.length === 0 ? (
            <Panel>
              <Empty icon={Footprints} title="Nobody came">
                Visits are counted by day and kept for 30 days at first.
              </Empty>
            </Panel>
          ) : (
            <>
              <VisitTable framed label="Visits" rows={items} />
              {more && (
                <Text size="sm" c="dimmed">
                  These are the latest {SHOWN}; narrow them down to see others.
                </Text>
              )}
            </>
          )
        }
      </Loaded>
    </Stack>
  );
}
