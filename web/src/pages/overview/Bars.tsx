import { Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Count } from '../../api/types';
import { Status } from '../../ui/Status';
import { stateWord } from '../../ui/states';
import { count } from '../../ui/time';
import classes from './overview.module.css';

/** "Within the hour"; names such as iOS stay as they are. */
const capital = (words: string) => words.replace(/^[a-z](?=[a-z]*\b)/, (first) => first.toUpperCase());

interface BarsProps {
  /** The filter of the device list that a row stands for. */
  name: string;
  counts: Count[];
  total: number;
  /** The keys are states: show them with their icon and tone. */
  toned?: boolean;
}

/** Counts as bars, each a link to the devices it counts. */
export function Bars({ name, counts, total, toned }: BarsProps) {
  const shown = counts.filter((c) => c.count > 0);
  if (shown.length === 0) {
    return (
      <Text c="dimmed" size="sm">
        Nothing to count yet.
      </Text>
    );
  }
  return (
    <ul className={classes.bars}>
      {shown.map((c) => (
        <li key={c.key}>
          <Link to="/devices" search={{ [name]: c.key }} className={classes.bar}>
            <span className={classes.name}>
              {toned ? <Status state={c.key} plain /> : capital(c.label || c.key)}
            </span>
            <span className={classes.count}>{count(c.count)}</span>
            <span className={classes.track} aria-hidden>
              <span
                className={classes.fill}
                data-tone={toned ? stateWord(c.key).tone : undefined}
                style={{ width: `${Math.max((c.count / Math.max(total, 1)) * 100, 0.6)}%` }}
              />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
