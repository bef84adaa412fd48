import type { Ref } from '../../api/types';
import { duration } from '../../ui/time';

export const INTERPRETERS = [
  { value: 'sh', label: 'sh' },
  { value: 'bash', label: 'bash' },
  { value: 'python3', label: 'Python 3' },
  { value: 'powershell', label: 'PowerShell (Windows)' },
];

const MINUTES = [0, 5, 15, 60, 360, 1440, 10_080];
const SECONDS = [60, 300, 900, 3600];

export function often(minutes: number): string {
  return minutes === 0 ? 'Once' : `Every ${duration(minutes * 60).replace(/^1 /, '')}`;
}

/** What can be chosen, and what another way in has set. */
function choices(usual: number[], now: number, words: (n: number) => string) {
  const all = usual.includes(now) ? usual : [...usual, now].sort((a, b) => a - b);
  return all.map((n) => ({ value: String(n), label: words(n) }));
}

export const oftenChoices = (now: number) => choices(MINUTES, now, often);
export const endChoices = (now: number) => choices(SECONDS, now, duration);

export function forWhom(groups: Ref[]): string {
  return groups.map((g) => g.name || g.id).join(', ') || 'Every computer';
}
