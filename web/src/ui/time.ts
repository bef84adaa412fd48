const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const absolute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

/** The zero time of the server means never. */
export function isNever(time: string | undefined | null): boolean {
  return !time || time.startsWith('0001-') || time.startsWith('1970-01-01T00:00:00');
}

export function ago(time: string, now = Date.now()): string {
  const seconds = (new Date(time).getTime() - now) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return 'just now';
}

export function exactly(time: string): string {
  return absolute.format(new Date(time));
}

export function onDay(time: string): string {
  return day.format(new Date(time));
}

export function count(n: number, capped = false): string {
  return n.toLocaleString('en-GB') + (capped ? '+' : '');
}

/** "1 device", "2 devices". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** "4 of 12 devices", of which perhaps not all are counted. */
export function shownOf(
  shown: number,
  total: number,
  capped: boolean,
  one: string,
  many = `${one}s`,
): string {
  return `${count(shown)} of ${count(total, capped)} ${total === 1 ? one : many}`;
}

export const UNITS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
] as const;

/** "10 minutes", "1 day": in the largest unit that says it whole. */
export function duration(seconds: number): string {
  const whole = UNITS.find((u) => seconds >= u.seconds && seconds % u.seconds === 0);
  return whole ? plural(seconds / whole.seconds, whole.unit) : plural(seconds, 'second');
}
