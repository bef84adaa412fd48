import type { SecurityFinding, SecurityLayers } from '../../api/types';
import { plural } from '../../ui/time';

type State = SecurityFinding['state'];

/** From what must be mended to what needs nobody. */
const ORDER: State[] = ['bad', 'attention', 'unknown', 'good', 'off'];

export function inOrder<T extends { state: State }>(list: T[]): T[] {
  return [...list].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
}

/** Nothing is to be done about it. */
export const isCalm = (f: { state: State }) => f.state === 'good' || f.state === 'off';

/** Where what a finding tells of is mended, in the words of the menu. */
export const PAGES: Record<string, string> = {
  '/mail-servers': 'Mail servers',
  '/directories': 'Directories',
  '/policies': 'Policy suites',
  '/audit': 'Audit',
  '/logs': 'Server log',
  '/services': 'Services',
  '/devices': 'Devices',
  '/updates': 'Updates',
};

/** All findings in one sentence. */
export function summary(all: SecurityLayers): { tone: 'ok' | 'wait' | 'bad' | 'info'; words: string } {
  const findings = all.layers.flatMap((layer) => layer.findings);
  const count = (state: State) => findings.filter((f) => f.state === state).length;
  const [bad, attention, unknown] = [count('bad'), count('attention'), count('unknown')];
  const parts = [];
  if (bad > 0) parts.push(plural(bad, 'weak point') + ' to mend');
  if (attention > 0) parts.push(`${attention} to look at`);
  if (unknown > 0) parts.push(`${unknown} not known`);
  if (parts.length === 0) return { tone: 'ok', words: 'Nothing is to be mended.' };
  return { tone: bad > 0 ? 'bad' : attention > 0 ? 'wait' : 'info', words: `${parts.join(', ')}.` };
}
