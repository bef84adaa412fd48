import { Link } from '@tanstack/react-router';
import type { Tone } from '../../ui/states';
import { count } from '../../ui/time';
import classes from './overview.module.css';

interface TileProps {
  to: string;
  search?: Record<string, string>;
  value: number;
  label: string;
  /** Marks a number that asks for a person. */
  tone?: Tone;
}

/** One number that leads to what it counts. */
export function Tile({ to, search, value, label, tone }: TileProps) {
  return (
    <Link to={to} search={search ?? {}} className={classes.tile} data-tone={tone}>
      <span className={classes.value}>{count(value)}</span>
      <span className={classes.label}>{label}</span>
    </Link>
  );
}
