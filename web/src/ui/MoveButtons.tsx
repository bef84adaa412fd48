import { ActionIcon } from '@mantine/core';
import { ArrowDown, ArrowUp } from 'lucide-react';

interface MoveButtonsProps {
  name: string;
  /** Its place in the order, from 0. */
  at: number;
  of: number;
  onMove: (by: number) => void;
}

/** Moves one entry of an ordered list up or down. */
export function MoveButtons({ name, at, of, onMove }: MoveButtonsProps) {
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Move ${name} up`}
        disabled={at === 0}
        onClick={() => onMove(-1)}
      >
        <ArrowUp size={16} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Move ${name} down`}
        disabled={at === of - 1}
        onClick={() => onMove(1)}
      >
        <ArrowDown size={16} />
      </ActionIcon>
    </>
  );
}
