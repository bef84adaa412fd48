import { Textarea } from '@mantine/core';

interface ReasonFieldProps {
  value: string;
  onChange: (value: string) => void;
  optional?: boolean;
}

/** Why something is done: stands in the audit log. */
export function ReasonField({ value, onChange, optional }: ReasonFieldProps) {
  return (
    <Textarea
      label={optional ? 'Reason (optional)' : 'Reason'}
      description="Stands in the audit log, and before whoever approves it."
      value={value}
      onChange={(e) => onChange(e.currentTarget.value)}
      autosize
      minRows={2}
      maxLength={500}
      required={!optional}
    />
  );
}
