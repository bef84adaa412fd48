import type { DeviceSchedule, ScheduleFetch, WeekWindow } from '../../api/types';

/** A time of peak on one day, in minutes since midnight. One that ends at its beginning or before ends on the next day. */
export interface Peak {
  from: number;
  to: number;
}

/** The times of peak of each day, by its number: 0 is Sunday. */
export type Week = Peak[][];

const FULL_DAY = 24 * 60;

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

export const overMidnight = (p: Peak) => p.to <= p.from && p.to !== 0;

/** What is peak on one day, that which began the day before among it: in parts of the day from 0 to 1. */
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

/** "told at once" */
export function fetchWords(f: ScheduleFetch): string {
  if (f.manner === 'interval')
    return f.minutes === 1 ? 'asks every minute' : `asks every ${f.minutes} minutes`;
  return f.manner === 'manual' ? 'asks by hand' : 'told at once';
}

/** The first letter large. */
export const sentence = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

/** The times of peak of one day in words: "08:00 to 18:00". */
export function peakWords(p: Peak): string {
  return `${clock(p.from)} to ${clock(p.to)}${p.to === p.from || overMidnight(p) ? ' the next day' : ''}`;
}

/** "Fri 18:00", by the clocks of the schedule's zone. */
export function edge(time: string, zone: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: zone || 'UTC',
  }).format(new Date(time));
}

const BY: Record<string, (name: string) => string> = {
  device: () => 'this device',
  user: (name) => `its user${name && ` ${name}`}`,
  group: (name) => `the group ${name}`,
  default: () => 'everyone else',
};

/** Whose assignment a schedule comes by. */
export const byWhom = (kind: string, name: string) => (BY[kind] ?? (() => kind))(name);

/** What a device does now, and until when. */
export function nowWords(s: DeviceSchedule): string {
  const now = sentence(fetchWords(s.now));
  if (!s.until || fetchWords(s.then) === fetchWords(s.now)) return `${now}.`;
  return `${now} until ${edge(s.until, s.zone)}, then ${fetchWords(s.then)}.`;
}
