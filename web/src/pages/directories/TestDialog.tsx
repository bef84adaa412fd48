import { Group, Loader, Table, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { testDirectory } from '../../api/directories';
import type { DirectoryTest } from '../../api/types';
import { Dialog } from '../../ui/Dialog';
import { Trouble } from '../../ui/Trouble';
import { TestWords } from '../mail/TestWords';

/** Tries the directory now and says what it saw. */
export function TestDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const queries = useQueryClient();
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: () => testDirectory(id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['directories'] }),
  });
  useEffect(() => mutate(), [mutate]);
  return (
    <Dialog
      opened
      size="xl"
      title="Test the directory"
      submit="Test again"
      onClose={onClose}
      onSubmit={() => mutate()}
      busy={isPending}
    >
      <div aria-live="polite">
        {isPending && (
          <Group gap="sm">
            <Loader size="xs" />
            <Text size="sm">Asking the directory…</Text>
          </Group>
        )}
        {!isPending && error && <Trouble error={error} />}
        {!isPending && data && <Seen test={data} />}
      </div>
    </Dialog>
  );
}

/** What a test saw, with a few people as they would be taken over. */
export function Seen({ test }: { test: DirectoryTest }) {
  return (
    <>
      <TestWords test={{ ...test, versions: [], commands: [], provisioning: 'unknown' }} />
      {test.first.length > 0 && (
        <Table.ScrollContainer minWidth={560} mt="md">
          <Table>
            <Table.Thead>
              <Table.Tr>
                {['Login name', 'Name', 'Mail', 'Phone', 'Groups'].map((head) => (
                  <Table.Th key={head}>{head}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {test.first.map((p) => (
                <Table.Tr key={p.id}>
                  <Table.Td>
                    {p.name}
                    {p.disabled && ' (disabled)'}
                  </Table.Td>
                  <Table.Td>{p.displayName}</Table.Td>
                  <Table.Td>{p.mail}</Table.Td>
                  <Table.Td>{p.phone ? 'Yes' : 'No'}</Table.Td>
                  <Table.Td>{p.groups.join(', ')}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </>
  );
}
