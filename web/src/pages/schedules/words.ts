import type { DeviceSchedule, ScheduleFetch } from '../../api/types';

/** "told at once" */
export function fetchWords(f: ScheduleFetch): string {
  if (f.manner === 'interval')
    return f.minutes === 1 ? 'asks every minute' : `asks every ${f.minutes} minutes`;
  return f.manner === 'manual' ? 'asks by hand' : 'told at once';
}

/** The first letter large. */
export const sentence = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

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
