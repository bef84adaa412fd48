import type { Platform } from '../api/types';

/** One choice for each platform, by its name: its kinds differ by version, which is recognised by itself. */
export function platformChoices(rows: Platform[]): { value: string; label: string }[] {
  const names = new Map(rows.map((row) => [row.id, row.name]));
  return [...names]
    .map(([value, label]) => ({ value, label }))
    .sort((a, b) => a.label.localeCompare(b.label));
}
