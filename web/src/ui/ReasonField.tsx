import { Textarea } from '@mantine/core';

interface ReasonFieldProps {
  value: string;
  onChange: (value: string) => void;
  /** Another administrator may have to approve it, and reads the reason too. */
  approved?: boolean;
}

/** Why something is done: stands in the audit log. */
export function ReasonField({ value, onChange, approved }: ReasonFieldProps) {
  return (
    <Textarea
      label="Reason"
      description={`Stands in the audit log${approved ? ', and before whoever approves it' : ''}.`}
      value={value}
      onChange={(e) => onChange(e.currentTarget.value)}
      autosize
      minRows={2}
      maxLength={500}
      required
    />
  );
}
