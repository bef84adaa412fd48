import type { WeekWindow } from '../../api/types';

/** A time on one day, in minutes since midnight. One that ends at its beginning or before ends on the next day. */
export interface Span {
  from: number;
  to: number;
}

/** The times of each day, by its number: 0 is Sunday. */
export type Week = Span[][];

const FULL_DAY = 24 * 60;

/** The times that most people begin with. */
export const OFFICE: WeekWindow = { days: [1, 2, 3, 4, 5], from: 8 * 60, to: 18 * 60 };

export const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** The days as a week goes. */
export const ORDER = [1, 2, 3, 4, 5, 6, 0] as const;

export const WORKDAYS = [1, 2, 3, 4, 5] as const;

const dayName = (day: number) => DAYS[day] ?? '';

export function toWeek(windows: WeekWindow[]): Week {
  const week: Week = DAYS.map(() => []);
  for (const w of windows) {
    for (const day of w.days) week[day]?.push({ from: w.from, to: w.to % FULL_DAY });
  }
  return week.map((peaks) => [...peaks].sort((a, b) => a.from - b.from));
}

/** The windows of a week: the same times on several days are one. */
export function toWindows(week: Week): WeekWindow[] {
  const windows = new Map<string, WeekWindow>();
  for (const day of ORDER) {
    for (const { from, to } of week[day] ?? []) {
      const key = `${from}-${to}`;
      const known = windows.get(key);
      if (!known) windows.set(key, { days: [day], from, to });
      else if (!known.days.includes(day)) known.days.push(day);
    }
  }
  return [...windows.values()];
}

/** "08:00" */
export function clock(minutes: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Minutes since midnight of "08:00"; undefined for anything else. */
export function minutesOf(text: string): number | undefined {
  const found = /^([01]\d|2[0-3]):([0-5]\d)/.exec(text);
  return found ? Number(found[1]) * 60 + Number(found[2]) : undefined;
}

export const overMidnight = (p: Span) => p.to <= p.from && p.to !== 0;

/** What of one day is among the times, that which began the day before among it: in parts of the day from 0 to 1. */
export function spans(week: Week, day: number): { from: number; to: number }[] {
  const over = (week[(day + 6) % 7] ?? []).filter((p) => p.to <= p.from).map((p) => ({ from: 0, to: p.to }));
  const own = (week[day] ?? []).map((p) => ({ from: p.from, to: p.to <= p.from ? FULL_DAY : p.to }));
  return [...over, ...own]
    .filter((p) => p.to > p.from)
    .map((p) => ({ from: p.from / FULL_DAY, to: p.to / FULL_DAY }));
}

/** "Monday to Friday", "Saturday and Sunday", "Monday, Wednesday and Friday". */
function dayWords(days: number[]): string {
  const places = ORDER.map((day, i) => (days.includes(day) ? i : -1)).filter((i) => i >= 0);
  const names = places.map((i) => dayName(ORDER[i] ?? 0));
  const first = places[0] ?? 0;
  const running = places.every((place, i) => place === first + i);
  if (names.length === 7) return 'Every day';
  if (names.length > 2 && running) return `${names[0]} to ${names[names.length - 1]}`;
  return names.length < 2
    ? (names[0] ?? '')
    : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}

/** "Monday to Friday, 08:00 to 18:00" */
export function windowWords(w: WeekWindow): string {
  const peak = { from: w.from, to: w.to % FULL_DAY };
  const end = peak.to === peak.from || overMidnight(peak) ? `${clock(peak.to)} the next day` : clock(w.to);
  return `${dayWords(w.days)}, ${clock(w.from)} to ${end}`;
}
