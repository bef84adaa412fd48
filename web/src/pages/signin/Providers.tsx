import { Button, Divider, Stack } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { beginProvider, signInWays } from '../../api/directories';
import { Callout } from '../../ui/Callout';
import { Trouble } from '../../ui/Trouble';

/** What the address says when a provider's answer was of no use. */
const PROBLEMS: Record<string, string> = {
  'oidc.flow':
    'That sign-in was not begun in this browser, was used already, or took too long. Sign in again.',
  'oidc.token': 'The provider’s answer is not valid here. Sign in again.',
  'oidc.role': 'The provider knows you, but you are in no group whose members are administrators here.',
  'oidc.claims': 'The provider does not say your login name. An administrator has to correct the directory.',
  'oidc.issuer': 'The provider does not answer. Try again later.',
  'login.awaiting': 'You are known. Your account here still waits for the approval of another administrator.',
  'login.disabled': 'Your account here is disabled. Another administrator can enable it.',
};

const GENERAL = 'The sign-in by the provider has failed. Try again, or ask another administrator.';

/** The problem in the address, read once. */
function useProblem(): string {
  const [code] = useState(() => new URLSearchParams(window.location.search).get('problem') ?? '');
  return code && (PROBLEMS[code] ?? GENERAL);
}

/** Ways in besides a name and a password. */
export function Providers() {
  const ways = useQuery(signInWays);
  const problem = useProblem();
  const begin = useMutation({
    mutationFn: beginProvider,
    onSuccess: ({ url }) => window.location.assign(url),
  });
  const list = ways.data?.providers ?? [];
  if (list.length === 0 && !problem) return null;
  return (
    <Stack gap="sm" mt="lg">
      {problem && (
        <Callout tone="bad" alert>
          {problem}
        </Callout>
      )}
      {list.length > 0 && <Divider label="or" />}
      {list.map((p) => (
        <Button
          key={p.id}
          variant="default"
          fullWidth
          loading={begin.isPending && begin.variables === p.id}
          onClick={() => begin.mutate(p.id)}
        >
          Sign in with {p.name}
        </Button>
      ))}
      {begin.isError && <Trouble error={begin.error} />}
    </Stack>
  );
}
