import { ArrowDown, ArrowUp } from 'lucide-react';
import { RowButton } from './RowButton';

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
      <RowButton icon={ArrowUp} label={`Move ${name} up`} disabled={at === 0} onClick={() => onMove(-1)} />
      <RowButton
        icon={ArrowDown}
        label={`Move ${name} down`}
        disabled={at === of - 1}
        onClick={() => onMove(1)}
      />
    </>
  );
}
