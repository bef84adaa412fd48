import type { WeekWindow } from '../../api/types';
import { DAYS, ORDER, spans, toWeek, windowWords, type Week } from './week';
import classes from './schedules.module.css';

/** One day from midnight to midnight, with its times of peak. */
export function Bar({ week, day }: { week: Week; day: number }) {
  return (
    <div className={classes.bar} aria-hidden>
      {spans(week, day).map((s) => (
        <span key={s.from} style={{ left: `${s.from * 100}%`, width: `${(s.to - s.from) * 100}%` }} />
      ))}
    </div>
  );
}

/** A week of peaks as a picture, and in words for who does not see it. */
export function WeekGlance({ windows }: { windows: WeekWindow[] }) {
  const week = toWeek(windows);
  const words = windows.length === 0 ? 'There is no peak.' : `Peak: ${windows.map(windowWords).join('; ')}.`;
  return (
    <div className={classes.glance} role="img" aria-label={words} title={words}>
      {ORDER.map((day) => (
        <div key={day} className={classes.line} aria-hidden>
          <span>{DAYS[day]?.slice(0, 2)}</span>
          <Bar week={week} day={day} />
        </div>
      ))}
    </div>
  );
}
