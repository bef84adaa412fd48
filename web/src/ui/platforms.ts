import type { Platform } from '../api/types';

/** One choice for each platform: its rows differ by version, which is recognised by itself. */
export function platformChoices(rows: Platform[]): { value: string; label: string }[] {
  const first = new Map<string, string>();
  for (const row of rows) if (!first.has(row.id)) first.set(row.id, row.label);
  return [...first].map(([value, label]) => ({ value, label }));
}
