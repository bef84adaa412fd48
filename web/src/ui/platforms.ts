import type { Platform } from '../api/types';

/** One choice for each platform, by its name: its kinds differ by version, which is recognised by itself. */
export function platformChoices(rows: Platform[]): { value: string; label: string }[] {
  const names = new Map(rows.map((row) => [row.id, row.name]));
  return [...names]
    .map(([value, label]) => ({ value, label }))
    .sort((a, b) => a.label.localeCompare(b.label));
}

const COMPUTERS = new Set(['computer', 'linux-agent', 'windows-agent', 'macos-agent']);

/** Whether our own agent manages devices of a platform. */
export function hasAgent(platform: string): boolean {
  return platform.endsWith('-agent');
}

/** Whether devices of a platform are computers, which have no mail account here and no telephone. */
export function isComputer(platform: string): boolean {
  return COMPUTERS.has(platform);
}
