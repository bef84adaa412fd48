import type { AccessRule } from '../../api/types';

export const MATCHES: Record<string, { label: string; hint: string; words: string }> = {
  any: { label: 'Every device', hint: '', words: 'Every device.' },
  platform: { label: 'Platform', hint: 'android-eas', words: 'Platform is' },
  model: { label: 'Model', hint: 'SM-G9*', words: 'Model is' },
  osVersion: { label: 'System version', hint: '< 15', words: 'System version is' },
  userAgent: { label: 'User agent', hint: 'Outlook-iOS*', words: 'User agent is' },
  user: { label: 'User', hint: 'Name of the user', words: 'User is' },
  group: { label: 'Group', hint: 'Name of the group', words: 'User is in group' },
};

/** "Platform is android-eas." */
export function inWords(rule: Pick<AccessRule, 'match' | 'pattern' | 'note'>): string {
  const known = MATCHES[rule.match];
  const what = rule.match === 'any' ? known?.words : `${known?.words ?? rule.match} ${rule.pattern}.`;
  return rule.note ? `${what} ${rule.note}` : (what ?? '');
}

/** The rules with one moved by some places; the same rules when there is no such place. */
export function moved(rules: AccessRule[], id: string, by: number): AccessRule[] {
  const from = rules.findIndex((r) => r.id === id);
  const to = from + by;
  const rule = rules[from];
  if (!rule || to < 0 || to >= rules.length) return rules;
  const next = rules.filter((r) => r.id !== id);
  next.splice(to, 0, rule);
  return next;
}
