import type { ReactNode } from 'react';
import classes from './facts.module.css';

/** Names and values, in two columns that become one on a phone. */
export function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className={classes.facts}>
      {rows.map(([name, value]) => (
        <div key={name} className={classes.row}>
          <dt>{name}</dt>
          <dd>{value || <span className={classes.none}>Not known</span>}</dd>
        </div>
      ))}
    </dl>
  );
}
