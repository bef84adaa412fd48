import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { useState } from 'react';
import { doorDiff, doors, doorVersions, rollBackDoors } from '../../api/doors';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { actorName } from '../../ui/actor';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { Trouble } from '../../ui/Trouble';
import { When } from '../../ui/When';
import { Differences } from './Differences';

/** What was said about the doors at each time, and the way back. */
export function DoorVersions() {
  const may = useMay();
  const now = useQuery(doors);
  const answer = useQuery(doorVersions);
  const back = useAct((version: number) => rollBackDoors(now.data?.etag ?? '', version), {
    done: (saved) => `Version ${saved.version} is in force, and says what was said before.`,
    stale: ['doors', 'services'],
  });
  const current = now.data?.version ?? 0;
  return (
    <Stack gap="lg">
      {back.isError && <Trouble error={back.error} />}
      <Loaded of={answer}>
        {(all) =>
          all.length === 0 ? (
            <Panel>
              <Empty icon={History} title="Nothing was ever changed">
                Every service is on and open to every address. Each change becomes a version that one can go
                back to.
              </Empty>
            </Panel>
          ) : (
            <>
              <Table
                framed
                label="Versions"
                rows={all}
                id={(v) => String(v.version)}
                columns={[
                  { key: 'version', label: 'Version', cell: (v) => `Version ${v.version}` },
                  { key: 'by', label: 'By', cell: (v) => actorName(v.by) },
                  { key: 'at', label: 'Made', cell: (v) => <When time={v.at} /> },
                  {
                    key: 'reason',
                    label: 'Why',
                    prose: true,
                    cell: (v) =>
                      v.reason || (v.from === undefined ? '–' : `Rolled back to version ${v.from}`),
                  },
                  {
                    key: 'act',
                    label: 'Go back',
                    silent: true,
                    align: 'right',
                    cell: (v) =>
                      may('service.edit') &&
                      v.version !== current && (
                        <Button
                          size="xs"
                          variant="default"
                          loading={back.isPending && back.variables === v.version}
                          onClick={() => back.mutate(v.version)}
                        >
                          Go back to version {v.version}
                        </Button>
                      ),
                  },
                ]}
              />
              {now.data && (
                <Compare key={current} current={current} numbers={[...all.map((v) => v.version), 0]} />
              )}
            </>
          )
        }
      </Loaded>
    </Stack>
  );
}

function Compare({ current, numbers }: { current: number; numbers: number[] }) {
  const [from, setFrom] = useState(current - 1);
  const [to, setTo] = useState(current);
  const answer = useQuery(doorDiff(from, to));
  const data = numbers.map((n) => ({ value: String(n), label: n ? `Version ${n}` : 'At first' }));
  const pick = (label: string, value: number, set: (n: number) => void) => (
    <Select
      aria-label={label}
      size="xs"
      w={120}
      data={data}
      value={String(value)}
      onChange={(v) => set(Number(v))}
      allowDeselect={false}
    />
  );
  return (
    <Panel
      title="What changed"
      aside={
        <Group gap="xs">
          {pick('From version', from, setFrom)}
          {pick('To version', to, setTo)}
        </Group>
      }
      flush
    >
      <Loaded of={answer}>
        {(lines) =>
          lines.length === 0 ? (
            <Text size="sm" c="dimmed" px="lg" pb="lg">
              Both say the same.
            </Text>
          ) : (
            <Differences rows={lines} />
          )
        }
      </Loaded>
    </Panel>
  );
}
