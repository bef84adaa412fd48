import { TextInput } from '@mantine/core';

interface CodeInputProps {
  label: string;
  description?: string;
  value: string;
  onChange: (code: string) => void;
  autoFocus?: boolean;
}

/** A six-digit one-time code. One plain field: it pastes, fills and reads aloud as one. */
export function CodeInput({ label, description, value, onChange, autoFocus = true }: CodeInputProps) {
  return (
    <TextInput
      label={label}
      description={description}
      value={value}
      onChange={(e) => onChange(e.currentTarget.value.replace(/\D/g, '').slice(0, 6))}
      inputMode="numeric"
      autoComplete="one-time-code"
      autoFocus={autoFocus}
      placeholder="000000"
      styles={{ input: { letterSpacing: '0.35em', fontVariantNumeric: 'tabular-nums' } }}
    />
  );
}
