import type { Updates } from '../../api/types';

interface Verdict {
  tone: 'ok' | 'wait' | 'bad' | 'info' | 'off';
  title: string;
  words: string;
}

/** What the last check means, in a few words. */
export function verdict(u: Updates): Verdict {
  const newest = u.newer[0];
  if (!u.enabled) return { tone: 'off', title: 'The check is off', words: 'Nothing is ever fetched.' };
  if (u.checked && !u.ok)
    return { tone: 'wait', title: 'The last answer was not believed, or there was none', words: u.said };
  if (newest && u.security)
    return {
      tone: 'bad',
      title: 'A newer version with security fixes is there',
      words: `Drover ${newest.version} is out, and this is ${u.running}. Fetch it from where you got this one, compare its SHA-256, and install it.`,
    };
  if (newest)
    return {
      tone: 'wait',
      title: 'A newer version is there',
      words: `Drover ${newest.version} is out, and this is ${u.running}.`,
    };
  if (!u.checked)
    return { tone: 'info', title: 'Nobody has asked yet', words: 'The first check comes within a minute.' };
  if (!u.comparable)
    return {
      tone: 'info',
      title: 'This program does not know its version',
      words: 'It was built from a working copy and cannot be compared with releases.',
    };
  return { tone: 'ok', title: 'No newer version is known', words: `This is ${u.running}.` };
}
