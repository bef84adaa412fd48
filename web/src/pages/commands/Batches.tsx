import { List, Progress, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { batches } from '../../api/commands';
import type { BatchProgress } from '../../api/types';
import { Callout } from '../../ui/Callout';
import { count, plural } from '../../ui/time';

const SHOWN = 5;

/** Orders to many devices that are still being written, and those of the last day that left devices out. */
export function Batches() {
  const { data = [] } = useQuery(batches);
  if (data.length === 0) return null;
  return (
    <Stack gap="sm" mb="md">
      {data.map((b) => (b.complete ? <LeftOut key={b.id} batch={b} /> : <Writing key={b.id} batch={b} />))}
    </Stack>
  );
}

function Writing({ batch }: { batch: BatchProgress }) {
  return (
    <Callout
      tone="info"
      title={`${batch.label}: ${count(batch.written)} of ${plural(batch.total, 'device')} so far`}
    >
      <Text size="sm" mb={6}>
        The rest follows by itself, also if this page is closed.
      </Text>
      <Progress value={(100 * batch.written) / batch.total} aria-label="Devices whose turn has come" />
    </Callout>
  );
}

function LeftOut({ batch }: { batch: BatchProgress }) {
  const more = batch.left - SHOWN;
  return (
    <Callout
      tone="off"
      title={`${batch.label}: ${plural(batch.left, 'device')} of ${count(batch.total)} left out`}
    >
      <List size="sm">
        {batch.leftOut.slice(0, SHOWN).map((l) => (
          <List.Item key={l.device.id}>
            {l.device.name || l.device.id}: {l.reason}
          </List.Item>
        ))}
      </List>
      {more > 0 && `And ${count(more)} more.`}
    </Callout>
  );
}
