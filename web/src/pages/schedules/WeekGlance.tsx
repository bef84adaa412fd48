import type { WeekWindow } from '../../api/types';
import { Bar } from '../../ui/week/Bar';
import { DAYS, ORDER, toWeek, windowWords } from '../../ui/week/week';
import classes from './schedules.module.css';

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
