import type { PlatformWords } from '../platform';
import type { Words } from './en';

// What must not compile: the build stops when one of these is taken.
declare const lacking: Omit<Words, 'signIn'>;
// @ts-expect-error: a catalogue without a string
export const withoutString: Words = lacking;

declare const silent: Omit<Record<PlatformWords, string>, 'All data.'>;
// @ts-expect-error: a catalogue without a sentence of a platform
export const withoutSentence: Record<PlatformWords, string> = silent;
