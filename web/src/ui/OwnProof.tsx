import { Text } from '@mantine/core';
import type { FactorMethod } from '../api/types';
import { CodeInput } from './CodeInput';

interface OwnProofProps {
  methods: FactorMethod[];
  code: string;
  onCode: (code: string) => void;
}

/** Asks for the factor one has already, before one's own account is changed. */
export function OwnProof({ methods, code, onCode }: OwnProofProps) {
  if (methods.length === 0) return null;
  if (!methods.includes('totp')) {
    return (
      <Text size="sm" c="dimmed">
        You will be asked for the passkey you have.
      </Text>
    );
  }
  return (
    <CodeInput
      label="One-time code you have now"
      description={
        methods.includes('passkey')
          ? 'Leave it empty to use your passkey instead.'
          : 'Shows that it is really you.'
      }
      value={code}
      onChange={onCode}
      autoFocus={false}
    />
  );
}

/** Whether what was given is not enough to go on. */
export function lacksProof(methods: FactorMethod[], code: string): boolean {
  return methods.includes('totp') && !methods.includes('passkey') && code.length < 6;
}
