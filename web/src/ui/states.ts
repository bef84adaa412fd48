/** The words and tones of every state the server names. Tones are always shown with an icon and a word. */

export type Tone = 'ok' | 'wait' | 'bad' | 'info' | 'off';

interface Word {
  label: string;
  tone: Tone;
}

const WORDS: Record<string, Word> = {
  // Devices and access
  managed: { label: 'Managed', tone: 'ok' },
  active: { label: 'Active', tone: 'ok' },
  allowed: { label: 'Allowed', tone: 'ok' },
  allow: { label: 'Allowed', tone: 'ok' },
  pending: { label: 'Pending', tone: 'wait' },
  stale: { label: 'Stale', tone: 'wait' },
  lost: { label: 'Lost', tone: 'bad' },
  quarantined: { label: 'Quarantined', tone: 'wait' },
  quarantine: { label: 'Quarantined', tone: 'wait' },
  blocked: { label: 'Blocked', tone: 'bad' },
  block: { label: 'Blocked', tone: 'bad' },
  hidden: { label: 'Hidden', tone: 'off' },
  wiping: { label: 'Wipe under way', tone: 'bad' },
  wiped: { label: 'Wiped', tone: 'off' },
  removed: { label: 'Removed', tone: 'off' },
  retired: { label: 'Retired', tone: 'off' },
  disabled: { label: 'Disabled', tone: 'off' },
  held: { label: 'Held', tone: 'wait' },
  // Computers that register, and their keys
  'register-admit': { label: 'Let in', tone: 'ok' },
  'register-quarantine': { label: 'Quarantine', tone: 'wait' },
  'register-review': { label: 'Asks you', tone: 'info' },
  'register-refuse': { label: 'Refused', tone: 'bad' },
  'key-open': { label: 'Open', tone: 'ok' },
  'key-used': { label: 'Used', tone: 'off' },
  'key-expired': { label: 'Expired', tone: 'off' },
  'key-ended': { label: 'Taken back', tone: 'off' },
  // Policy
  current: { label: 'Up to date', tone: 'ok' },
  acknowledged: { label: 'Acknowledged', tone: 'ok' },
  sent: { label: 'Sent', tone: 'info' },
  supported: { label: 'Takes it', tone: 'ok' },
  partly: { label: 'Takes it in part', tone: 'wait' },
  ignored: { label: 'Ignores it', tone: 'off' },
  inexpressible: { label: 'Cannot be told', tone: 'off' },
  external: { label: 'Managed by others', tone: 'wait' },
  asked: { label: 'Asked', tone: 'info' },
  kept: { label: 'Kept by Drover', tone: 'ok' },
  outdated: { label: 'Out of date', tone: 'wait' },
  partial: { label: 'Partly', tone: 'wait' },
  'not-supported': { label: 'Not supported', tone: 'off' },
  unsupported: { label: 'Not supported', tone: 'off' },
  refused: { label: 'Refused', tone: 'bad' },
  violated: { label: 'Violated', tone: 'bad' },
  met: { label: 'Met', tone: 'ok' },
  repaired: { label: 'Put right', tone: 'ok' },
  none: { label: 'None', tone: 'off' },
  unknown: { label: 'Unknown', tone: 'off' },
  // Commands
  requested: { label: 'Requested', tone: 'info' },
  awaiting: { label: 'Awaiting approval', tone: 'wait' },
  approved: { label: 'Approved', tone: 'info' },
  rejected: { label: 'Rejected', tone: 'off' },
  expired: { label: 'Expired', tone: 'off' },
  delayed: { label: 'Delayed', tone: 'wait' },
  queued: { label: 'Queued', tone: 'info' },
  delivered: { label: 'Delivered', tone: 'info' },
  done: { label: 'Done', tone: 'ok' },
  failed: { label: 'Failed', tone: 'bad' },
  postponed: { label: 'Postponed', tone: 'wait' },
  cancelled: { label: 'Cancelled', tone: 'off' },
  frozen: { label: 'Frozen by the breaker', tone: 'bad' },
  // Compliance
  keeps: { label: 'Keeps it', tone: 'ok' },
  breaks: { label: 'Breaks it', tone: 'bad' },
  exempt: { label: 'Exempt', tone: 'info' },
  not: { label: 'Not for it', tone: 'off' },
  // Servers, audit, the rest
  ok: { label: 'OK', tone: 'ok' },
  up: { label: 'Reachable', tone: 'ok' },
  reachable: { label: 'Reachable', tone: 'ok' },
  down: { label: 'Not reachable', tone: 'bad' },
  unreachable: { label: 'Not reachable', tone: 'bad' },
  untested: { label: 'Not tested yet', tone: 'off' },
  sealed: { label: 'Sealed', tone: 'ok' },
  intact: { label: 'Intact', tone: 'ok' },
  unsealed: { label: 'Being sealed', tone: 'wait' },
  broken: { label: 'Broken', tone: 'bad' },
  invited: { label: 'Invited', tone: 'info' },
  ended: { label: 'Ended', tone: 'off' },
  untold: { label: 'Not told', tone: 'off' },
  idle: { label: 'Without effect', tone: 'off' },
  denied: { label: 'Denied', tone: 'bad' },
  error: { label: 'Failed', tone: 'bad' },
  created: { label: 'New', tone: 'ok' },
  updated: { label: 'Changed', tone: 'info' },
  unchanged: { label: 'Unchanged', tone: 'off' },
  added: { label: 'Added', tone: 'ok' },
  gone: { label: 'Gone', tone: 'off' },
  changed: { label: 'Changed', tone: 'info' },
  invalid: { label: 'Not valid', tone: 'bad' },
};

/** "awaiting_approval" and "awaiting approval" are one state. */
function fold(state: string): string {
  return state.toLowerCase().replace(/[ _,]+/g, '-');
}

export function humanize(text: string): string {
  const words = text.replace(/[-_.]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function stateWord(state: string): Word {
  return WORDS[fold(state)] ?? { label: humanize(state || 'unknown'), tone: 'off' };
}

/** A command can be called back until it is delivered. */
const CANCELLABLE = new Set(['awaiting', 'delayed', 'queued']);

export function commandCancellable(state: string): boolean {
  return CANCELLABLE.has(fold(state));
}
