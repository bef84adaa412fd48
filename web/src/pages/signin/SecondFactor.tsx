import { Anchor, Button, Divider, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { sendCode, session, signInByPasskey, signOut } from '../../api/account';
import type { FactorMethod } from '../../api/types';
import { CodeInput } from '../../ui/CodeInput';
import { Trouble } from '../../ui/Trouble';
import { Gatehouse } from './Gatehouse';

/** The second step: a passkey or a one-time code. */
export function SecondFactor({ methods }: { methods: FactorMethod[] }) {
  const queries = useQueryClient();
  const [code, setCode] = useState('');
  // The rights come with the next request of the session, so it is read anew.
  const done = { onSuccess: () => queries.invalidateQueries({ queryKey: session.queryKey }) };
  const byCode = useMutation({ mutationFn: sendCode, ...done, onError: () => setCode('') });
  const byKey = useMutation({ mutationFn: signInByPasskey, ...done });
  const leave = useMutation({
    mutationFn: signOut,
    onSettled: async () => {
      await queries.cancelQueries(session); // an answer from before would bring it back
      queries.setQueryData(session.queryKey, null);
    },
  });
  const error = byCode.error ?? byKey.error;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    byCode.mutate(code);
  };
  return (
    <Gatehouse title="One more step" lead="Your password is right. Now show that it is really you.">
      <Stack gap="md">
        {methods.includes('passkey') && (
          <Button
            leftSection={<KeyRound size={16} />}
            loading={byKey.isPending}
            onClick={() => byKey.mutate()}
          >
            Use your passkey
          </Button>
        )}
        {methods.length > 1 && <Divider label="or" />}
        {methods.includes('totp') && (
          <form onSubmit={submit}>
            <Stack gap="md">
              <CodeInput
                label="One-time code"
                description="Six digits from your authenticator app."
                value={code}
                onChange={setCode}
              />
              <Button
                type="submit"
                variant={methods.includes('passkey') ? 'default' : 'filled'}
                disabled={code.length < 6}
                loading={byCode.isPending}
              >
                Sign in
              </Button>
            </Stack>
          </form>
        )}
        {error && <Trouble error={error} />}
        <Text size="sm" c="dimmed">
          Not you?{' '}
          <Anchor component="button" type="button" size="sm" onClick={() => leave.mutate()}>
            Start again
          </Anchor>
        </Text>
      </Stack>
    </Gatehouse>
  );
}
