import { Button, Group, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { dropUpload, retryUpload, uploadsAside } from '../../api/inventory';
import type { Upload } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Paged } from '../../ui/Paged';
import { Panel } from '../../ui/Panel';
import { shortId } from '../../ui/shortId';
import { Table } from '../../ui/Table';
import { When } from '../../ui/When';

/** Files that computers have sent and that could not be imported; nothing where there is none. */
export function Uploads() {
  const answer = useInfiniteQuery(uploadsAside);
  if ((answer.data?.pages[0]?.items.length ?? 0) === 0) return null;
  return (
    <Panel title="Files that could not be imported" flush>
      <Paged query={uploadsAside}>
        {(rows) => (
          <Table
            label="Files that could not be imported"
            rows={rows}
            id={(u) => u.id}
            columns={[
              {
                key: 'device',
                label: 'Computer',
                width: '22%',
                cell: (u) => (
                  <Link to="/devices/$id" params={{ id: u.device.id }}>
                    {u.device.name || shortId(u.device.id)}
                  </Link>
                ),
              },
              { key: 'kind', label: 'What', width: '12%', cell: (u) => u.kind },
              { key: 'why', label: 'Why not', prose: true, cell: (u) => <Text size="sm">{u.reason}</Text> },
              { key: 'when', label: 'Sent', width: '14%', cell: (u) => <When time={u.begun} /> },
              { key: 'acts', label: 'Actions', silent: true, width: '190px', cell: (u) => <Acts of={u} /> },
            ]}
          />
        )}
      </Paged>
    </Panel>
  );
}

function Acts({ of: u }: { of: Upload }) {
  const may = useMay();
  const retry = useAct(() => retryUpload(u.id), { done: () => 'It is tried again.', stale: ['collection'] });
  const drop = useAct(() => dropUpload(u.id), { done: () => 'The file is deleted.', stale: ['collection'] });
  if (!may('device.refresh')) return null;
  return (
    <Group gap="xs" wrap="nowrap" justify="flex-end">
      <Button size="compact-sm" variant="default" loading={retry.isPending} onClick={() => retry.mutate()}>
        Try again
      </Button>
      <Button size="compact-sm" variant="default" loading={drop.isPending} onClick={() => drop.mutate()}>
        Delete
      </Button>
    </Group>
  );
}
