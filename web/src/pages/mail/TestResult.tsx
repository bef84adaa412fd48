import { Button, Group, Loader, Paper, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Check, X } from 'lucide-react';
import type { UpstreamTest } from '../../api/types';
import { testUpstream } from '../../api/zone';
import { Callout } from '../../ui/Callout';
import { Facts } from '../../ui/Facts';
import { onDay } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';

/** Tries the mail server now and says what it saw. */
export function TestResult({ id, onClose }: { id: string; onClose: () => void }) {
  const test = useQuery({
    queryKey: ['upstream-test', id],
    queryFn: () => testUpstream(id),
    gcTime: 0,
    staleTime: Infinity,
    retry: false,
  });
  return (
    <Paper withBorder p="md" mt="lg" bg="var(--page)" aria-live="polite">
      {test.isFetching && (
        <Group gap="sm">
          <Loader size="xs" />
          <Text size="sm">Asking the server…</Text>
        </Group>
      )}
      {!test.isFetching && test.isError && <Trouble error={test.error} />}
      {!test.isFetching && test.data && <Seen test={test.data} />}
      {!test.isFetching && (
        <Group gap="xs" mt="md">
          <Button size="xs" variant="default" onClick={() => void test.refetch()}>
            Test again
          </Button>
          <Button size="xs" variant="subtle" onClick={onClose}>
            Close
          </Button>
        </Group>
      )}
    </Paper>
  );
}

function Seen({ test }: { test: UpstreamTest }) {
  const [certificate] = test.certificates;
  return (
    <Stack gap="sm">
      <Callout tone={test.ok ? 'ok' : 'bad'}>{test.sentence}</Callout>
      {test.steps.map((step) => (
        <Group key={step.name} gap="xs" wrap="nowrap" align="flex-start">
          {step.ok ? <Check size={16} aria-label="Passed" /> : <X size={16} aria-label="Failed" />}
          <Text size="sm">
            <b>{step.name}</b>: {step.text}
          </Text>
        </Group>
      ))}
      <Facts
        rows={[
          ['Versions', test.versions.join(', ')],
          ['TLS', test.tls || 'None'],
          ['Commands', test.commands.join(', ')],
          ['Certificate', certificate?.subject],
          ['Issued by', certificate?.issuer],
          ['Valid until', certificate && onDay(certificate.expires)],
          ['Fingerprint', certificate && <code key="f">{certificate.fingerprint}</code>],
        ]}
      />
    </Stack>
  );
}
