import type { SafetyRules } from '../../api/types';
import { duration, plural } from '../../ui/time';

type Budgets = 'actor' | 'role' | 'zone' | 'self';

/** Whose acts a budget counts, and why it is there. */
export const BUDGETS: { key: Budgets; label: string; words: string }[] = [
  {
    key: 'actor',
    label: 'One administrator',
    words: 'What one login can destroy, should it be stolen.',
  },
  {
    key: 'role',
    label: 'All who hold one role',
    words: 'What several logins of one kind can destroy together.',
  },
  {
    key: 'zone',
    label: 'The whole zone',
    words: 'What all administrators can destroy together. All users on their own devices have as much again.',
  },
  { key: 'self', label: 'One user', words: 'What a user can destroy, on devices of their own alone.' },
];

type Times = 'delay' | 'batchDelay' | 'expiry' | 'probation';

/** The lengths of time: what each is, and what it means. */
export const TIMES: { key: Times; label: string; words: string }[] = [
  {
    key: 'delay',
    label: 'Time to cancel, one device',
    words:
      'How long an approved command waits, so that it can still be cancelled, before the device gets it.',
  },
  {
    key: 'batchDelay',
    label: 'Time to cancel, several devices',
    words: 'The same for commands to more than one device at once.',
  },
  {
    key: 'expiry',
    label: 'An approval lapses after',
    words: 'A request that nobody has approved by then is dropped. 10 minutes to 30 days.',
  },
  {
    key: 'probation',
    label: 'A new administrator waits',
    words: 'For so long a new or reset administrator neither orders nor approves anything destructive.',
  },
];

export const QUORUM_WORDS =
  'How many administrators, besides the one who asks, must approve what destroys: wiping or removing a device of somebody else, erasing a user, changing who administers, loosening these rules.';

export const SCRIPT_WORDS =
  'A script that runs on more computers is approved by others first; so is one that comes to reach more.';
export const PASS_WORDS =
  'A mail server can order a wipe of its own accord. Off: the order waits here for approval. On: it is carried out without asking anybody, within the budgets.';

/** "Nobody", "1 other administrator". */
export function quorumWords(quorum: number): string {
  return quorum === 0 ? 'Nobody' : plural(quorum, 'other administrator');
}

/** A time of 0 is none at all. */
export function timeWords(seconds: number): string {
  return seconds === 0 ? 'None' : duration(seconds);
}

/** Whether the new rules allow anything that the old ones do not: that is what others must approve. */
export function looser(old: SafetyRules, now: SafetyRules): boolean {
  return (
    now.quorum < old.quorum ||
    now.delay < old.delay ||
    now.batchDelay < old.batchDelay ||
    now.expiry > old.expiry ||
    now.probation < old.probation ||
    (now.passUpstream && !old.passUpstream) ||
    now.scripts > old.scripts ||
    BUDGETS.some(({ key }) => now[key].hour > old[key].hour || now[key].day > old[key].day)
  );
}
