import { TextInput } from '@mantine/core';

/** The field for the text that an order shows on the device; undefined where it shows none. */
export function shownText(kind: string): { label: string; required: boolean } | undefined {
  if (kind === 'message') return { label: 'Message', required: true };
  if (kind === 'lock') return { label: 'Text on the locked screen, where it can show one', required: false };
  if (kind === 'disable-accounts')
    return { label: 'Accounts that still sign in, by commas', required: false };
  return undefined;
}

interface ShownTextProps {
  label: string;
  required: boolean;
  value: string;
  onChange: (text: string) => void;
}

export function ShownText({ label, required, value, onChange }: ShownTextProps) {
  return (
    <TextInput
      label={label}
      required={required}
      maxLength={500}
      value={value}
      onChange={(e) => onChange(e.currentTarget.value)}
    />
  );
}
