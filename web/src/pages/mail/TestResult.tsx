import { Button, Group, Loader, Paper, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Check, X } from 'lucide-react';
import { useEffect, useState, type FormEvent, type ReactNode } from 'react';
import type { UpstreamTest } from '../../api/types';
import { testUpstream } from '../../api/zone';
import { Callout } from '../../ui/Callout';
import { Facts } from '../../ui/Facts';
import { humanize } from '../../ui/states';
import { onDay } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';

/** Tries the mail server now and says what it saw; with a user's login it sees more. */
export function TestResult({ id, onClose }: { id: string; onClose: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: (login: { name: string; password: string } | undefined) => testUpstream(id, login),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['upstreams'] }),
  });
  useEffect(() => mutate(undefined), [mutate]);
  const again = (event: FormEvent) => {
    event.preventDefault();
    mutate(name.trim() ? { name: name.trim(), password } : undefined);
    setPassword('');
  };
  return (
    <Paper withBorder p="md" mt="lg" bg="var(--page)">
      <div aria-live="polite">
        {isPending && (
          <Group gap="sm">
            <Loader size="xs" />
            <Text size="sm">Asking the server…</Text>
          </Group>
        )}
        {!isPending && error && <Trouble error={error} />}
        {!isPending && data && <Seen test={data} />}
      </div>
      <form onSubmit={again}>
        <Group gap="xs" mt="lg" align="flex-end">
          <TextInput
            label="A user’s name (optional)"
            autoComplete="off"
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            autoComplete="off"
            visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
            value={password}
            onChange={(e) => setPassword(e.currentTarget.value)}
            w={{ base: '100%', xs: 200 }}
          />
          <Button type="submit" variant="default" loading={isPending}>
            Test again
          </Button>
          <Button variant="subtle" onClick={onClose}>
            Close
          </Button>
        </Group>
        <Text size="xs" c="dimmed" mt={6}>
          The login is used for this one test and kept nowhere.
        </Text>
      </form>
    </Paper>
  );
}

function Seen({ test }: { test: UpstreamTest }) {
  const [certificate] = test.certificates;
  const rows: [string, ReactNode][] = [
    ['Versions', test.versions.join(', ')],
    ['Commands', test.commands.join(', ')],
    ['TLS', test.tls],
    ['Certificate', certificate?.subject],
    ['Issued by', certificate?.issuer],
    ['Valid until', certificate && onDay(certificate.expires)],
    ['Fingerprint', certificate && <code key="f">{certificate.fingerprint}</code>],
  ];
  return (
    <Stack gap="sm">
      <Callout tone={test.ok ? 'ok' : 'bad'}>{test.sentence}</Callout>
      {test.steps.map((step) => (
        <Group key={step.name} gap="xs" wrap="nowrap" align="flex-start">
          {step.ok ? <Check size={16} aria-label="Passed" /> : <X size={16} aria-label="Failed" />}
          <Text size="sm">
            <b>{humanize(step.name)}</b>: {step.text}
          </Text>
        </Group>
      ))}
      <Facts rows={rows.filter(([, value]) => value)} />
    </Stack>
  );
}
