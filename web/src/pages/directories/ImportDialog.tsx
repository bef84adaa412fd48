import { Group, Loader, Table, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect } from 'react';
import { importDirectory } from '../../api/directories';
import type { Directory, DirectoryReport } from '../../api/types';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { humanize } from '../../ui/states';
import { Trouble } from '../../ui/Trouble';

/** Shows what an import would do, and does it when it is asked to. */
export function ImportDialog({ directory, onClose }: { directory: Directory; onClose: () => void }) {
  const dry = useMutation({ mutationFn: () => importDirectory(directory.id, true) });
  const { mutate } = dry;
  useEffect(() => mutate(), [mutate]);
  const run = useAct(() => importDirectory(directory.id, false), {
    done: (report: DirectoryReport) => report.said,
    stale: ['directories', 'users', 'user-groups', 'overview'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      size="lg"
      title={`Import from ${directory.name}`}
      submit="Import now"
      onClose={onClose}
      onSubmit={() => run.mutate()}
      busy={run.isPending || dry.isPending}
      error={run.error}
    >
      <div aria-live="polite">
        {dry.isPending && (
          <Group gap="sm">
            <Loader size="xs" />
            <Text size="sm">Looking at what would change…</Text>
          </Group>
        )}
        {dry.isError && <Trouble error={dry.error} />}
        {dry.data && !dry.isPending && <Plan report={dry.data} />}
      </div>
    </Dialog>
  );
}

/** How many rows are shown: the counts say the rest. */
const SHOWN = 100;

function Plan({ report }: { report: DirectoryReport }) {
  const rows = report.rows.slice(0, SHOWN);
  return (
    <>
      <Callout tone={report.stopped ? 'bad' : 'info'}>{report.said}</Callout>
      {rows.length === 0 ? (
        <Text size="sm" mt="sm">
          Nothing would change.
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={360} mah={320} mt="sm">
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Would be</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row, i) => (
                <Table.Tr key={`${row.name} ${i}`}>
                  <Table.Td>{row.name}</Table.Td>
                  <Table.Td>
                    {humanize(row.outcome)}
                    {row.message && (
                      <Text size="xs" c="dimmed">
                        {row.message}
                      </Text>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {report.rows.length > SHOWN && (
        <Text size="xs" c="dimmed" mt="xs">
          The first {SHOWN} are shown.
        </Text>
      )}
    </>
  );
}
