import { Button, Divider, Stack, Text } from '@mantine/core';
import { KeyRound } from 'lucide-react';
import type { FactorMethod } from '../api/types';
import { CodeInput } from './CodeInput';

interface ProveYourselfProps {
  methods: FactorMethod[];
  /** What is done: "Approve". */
  verb: string;
  code: string;
  onCode: (code: string) => void;
  onPasskey: () => void;
  busy: boolean;
}

/** Being signed in is not enough here: a passkey or a fresh one-time code is asked for. */
export function ProveYourself({ methods, verb, code, onCode, onPasskey, busy }: ProveYourselfProps) {
  const both = methods.length > 1;
  return (
    <Stack gap="sm">
      <Text size="sm">Show that it is really you.</Text>
      {methods.includes('passkey') && (
        <Button variant="default" leftSection={<KeyRound size={16} />} loading={busy} onClick={onPasskey}>
          {verb} with your passkey
        </Button>
      )}
      {both && <Divider label="or" />}
      {methods.includes('totp') && (
        <CodeInput label="One-time code" value={code} onChange={onCode} autoFocus={!both} />
      )}
    </Stack>
  );
}
