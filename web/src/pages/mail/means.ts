import type { UpstreamDraft } from '../../api/types';

const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** Fields that decide where users' passwords go: others must approve their change. */
const DIVERTING = [
  'url',
  'plainReason',
  'tlsMode',
  'ca',
  'serverName',
  'domains',
  'windowsDomain',
  'names',
  'default',
  'bearer',
] as const;

/** Whether the edit changes where users' passwords go. */
export function diverts(before: UpstreamDraft, now: UpstreamDraft): boolean {
  return DIVERTING.some((field) => !same(before[field], now[field]));
}

/** What an edit of a mail server means for those who use it, in sentences. */
export function means(before: UpstreamDraft, now: UpstreamDraft): string[] {
  const changed = (...fields: (keyof UpstreamDraft)[]) => fields.some((f) => !same(before[f], now[f]));
  const words: [boolean, string][] = [
    [
      changed('url'),
      'Passwords and mail of its users go to the new address from their next request. Requests under way end where they began.',
    ],
    [
      changed('tlsMode', 'ca', 'serverName'),
      'If the server’s certificate does not fit any more, its users get no mail until it does.',
    ],
    [
      changed('domains', 'windowsDomain', 'default'),
      'Other users are sent here, or no longer. Phones that change servers synchronise anew, which can take hours.',
    ],
    [
      changed('names'),
      'Users are known by another name: theirs of today are strangers, and their phones enrol anew.',
    ],
    [
      changed('handsOff', 'handsOffGroups', 'deviceCap'),
      'It holds for new devices. Those that are enrolled stay as they are.',
    ],
    [changed('versions'), 'Phones agree on a version again at their next start, and then synchronise anew.'],
    [changed('bearer'), 'Phones that sign in by token are checked in the new way from their next request.'],
  ];
  return words.filter(([is]) => is).map(([, sentence]) => sentence);
}
