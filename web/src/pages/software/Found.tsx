import { Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { SearchX } from 'lucide-react';
import { askInventory } from '../../api/inventory';
import type { InventoryMatch } from '../../api/types';
import { Empty } from '../../ui/Empty';
import { Paged } from '../../ui/Paged';
import { Panel } from '../../ui/Panel';
import { shortId } from '../../ui/shortId';
import { Table } from '../../ui/Table';
import { count, plural } from '../../ui/time';
import { faultOf } from './question';

/** The devices that fulfil a question. */
export function Found({ tests }: { tests: string[] }) {
  const query = askInventory(tests);
  const answer = useInfiniteQuery(query);
  const first = answer.data?.pages[0];
  if (faultOf(answer.error)) return null; // the question's field says it
  return (
    <Panel
      title="Devices"
      flush
      aside={
        <Text size="sm" c="dimmed" role="status">
          {first && `${count(first.total ?? 0, first.totalCapped)} found`}
        </Text>
      }
    >
      <Paged query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon={SearchX} title="No device fulfils this">
              Only devices that have told what is asked for can be found.
            </Empty>
          ) : (
            <Table
              label="Devices that fulfil the question"
              rows={rows}
              id={(m) => m.device.id}
              columns={[
                {
                  key: 'device',
                  label: 'Device',
                  width: '34%',
                  cell: (m) => (
                    <Link to="/devices/$id" params={{ id: m.device.id }}>
                      {m.device.name || shortId(m.device.id)}
                    </Link>
                  ),
                },
                {
                  key: 'matched',
                  label: 'What matched',
                  prose: true,
                  cell: (m) => <Matched of={m} tests={tests} />,
                },
              ]}
            />
          )
        }
      </Paged>
    </Panel>
  );
}

/** So many programs are named; the device's page has all. */
const NAMED = 4;

function Matched({ of: m, tests }: { of: InventoryMatch; tests: string[] }) {
  const rest = m.software.length - NAMED;
  if (m.software.length === 0) return <Text size="sm">{tests.join(', ')}</Text>;
  return (
    <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
      {m.software
        .slice(0, NAMED)
        .map((s) => [s.name, s.version, s.arch].filter(Boolean).join(' '))
        .join(', ')}
      {rest > 0 && `, and ${plural(rest, 'other')}`}
    </Text>
  );
}
