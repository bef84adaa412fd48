import { ActionIcon, Tooltip } from '@mantine/core';
import type { LucideIcon } from 'lucide-react';

interface RowButtonProps {
  icon: LucideIcon;
  /** What it does, and to which row: nobody who hears the page sees where the button stands. */
  label: string;
  disabled?: boolean;
  onClick: () => void;
}

/** A small button in a row of a list. */
export function RowButton({ icon: Icon, label, disabled, onClick }: RowButtonProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} disabled={disabled} onClick={onClick}>
        <Icon size={15} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
