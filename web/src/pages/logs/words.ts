import type { LogLine } from '../../api/types';
import type { Tone } from '../../ui/states';

export const LEVELS = [
  { value: 'error', label: 'Errors' },
  { value: 'warn', label: 'Warnings and errors' },
  { value: 'info', label: 'All but debugging' },
  { value: 'debug', label: 'Everything' },
];

const WORDS: Record<LogLine['level'], [string, Tone]> = {
  error: ['Error', 'bad'],
  warn: ['Warning', 'wait'],
  info: ['Information', 'info'],
  debug: ['Debugging', 'off'],
};

export const levelWord = (level: LogLine['level']) => WORDS[level][0];
export const levelTone = (level: LogLine['level']) => WORDS[level][1];

/** What people look for first, in this order. */
const FIRST = ['error', 'reason', 'method', 'route', 'status', 'name'];

const rank = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);

/** The fields of a line in one, what matters first. */
export const details = (line: LogLine) =>
  Object.entries(line.fields)
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([name, value]) => `${name} ${value}`)
    .join(' · ');

/** Octets as people say them. */
export function size(octets: number): string {
  if (octets < 1000) return `${octets} B`;
  if (octets < 1_000_000) return `${(octets / 1000).toFixed(1)} kB`;
  return `${(octets / 1_000_000).toFixed(1)} MB`;
}
