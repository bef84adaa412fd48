import { Button, Group, Loader, Paper, PasswordInput, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { testUpstream, type MailLogin } from '../../api/mail';
import { Trouble } from '../../ui/Trouble';
import { TestWords } from './TestWords';

/** Tries the mail server now and says what it saw; with a user's login it sees more. */
export function TestResult({ id, onClose }: { id: string; onClose: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: (login: MailLogin | undefined) => testUpstream(id, login),
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
        {!isPending && data && <TestWords test={data} />}
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
