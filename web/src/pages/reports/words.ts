import type { Report } from '../../api/types';

/** What a report asks, in one line. */
export function questionWords(r: Pick<Report, 'tests' | 'words'>): string {
  if (r.tests.length > 0) return r.tests.join(', ');
  return r.words ? `Devices with “${r.words}”` : 'All devices';
}

const EVERY = { '': 'Never', day: 'Each day', week: 'Each Monday', month: 'On the first of each month' };

/** When it is sent. */
export function everyWords(r: Pick<Report, 'every' | 'hour'>): string {
  return r.every ? `${EVERY[r.every]} at ${String(r.hour).padStart(2, '0')}:00 UTC` : EVERY[''];
}

export const EVERY_CHOICES = Object.entries(EVERY).map(([value, label]) => ({ value, label }));
