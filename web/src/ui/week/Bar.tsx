import { spans, type Week } from './week';
import classes from './week.module.css';

/** One day from midnight to midnight, with its times. */
export function Bar({ week, day }: { week: Week; day: number }) {
  return (
    <div className={classes.bar} aria-hidden>
      {spans(week, day).map((s) => (
        <span key={s.from} style={{ left: `${s.from * 100}%`, width: `${(s.to - s.from) * 100}%` }} />
      ))}
    </div>
  );
}
