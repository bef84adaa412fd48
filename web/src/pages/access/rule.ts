import type { AccessRule } from '../../api/types';

export type Match = AccessRule['match'];

/** What a rule can look at, and how its pattern is written; "" where it is chosen from a list. */
export const MATCHES: Record<Match, { label: string; words: string; hint: string; help: string }> = {
  any: { label: 'Every device', words: 'Every device', hint: '', help: '' },
  platform: { label: 'Platform', words: 'Platform is', hint: '', help: '' },
  model: { label: 'Model', words: 'Model is', hint: 'SM-G9*', help: 'A * stands for anything.' },
  os: {
    label: 'System version',
    words: 'System version is',
    hint: 'ios ..17',
    help: 'From and below, of a platform or of any: “ios 15..17.2”, “..12” for below 12, “14..” for 14 and newer.',
  },
  agent: {
    label: 'Mail client',
    words: 'Mail client is',
    hint: 'Outlook*',
    help: 'A * stands for anything.',
  },
  user: { label: 'User', words: 'User is', hint: '', help: '' },
  'user-group': { label: 'Group of users', words: 'User is in', hint: '', help: '' },
  'device-group': { label: 'Group of devices', words: 'Device is in', hint: '', help: '' },
  device: { label: 'One device', words: 'Device is', hint: '', help: '' },
};

type Told = Pick<AccessRule, 'match' | 'pattern' | 'note'>;

/** "Platform is webOS." The name of what a pattern's id stands for is looked up by the caller. */
export function inWords({ match, pattern, note }: Told, name: (pattern: string) => string = String): string {
  const { words } = MATCHES[match];
  const what = match === 'any' ? `${words}.` : `${words} ${name(pattern)}.`;
  return note ? `${what} ${note}` : what;
}
