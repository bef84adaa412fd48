import type { Conditions, Reasons } from '../compliance';
import type { PlatformNames, PlatformWords } from '../platform';
import type { SettingUnits, SettingWords } from '../settings';
import type { Words } from './en';

// What must not compile: the build stops when one of these is taken.
declare const lacking: Omit<Words, 'signIn'>;
// @ts-expect-error: a catalogue without a string
export const withoutString: Words = lacking;

declare const silent: Omit<Record<PlatformWords, string>, 'All data.'>;
// @ts-expect-error: a catalogue without a sentence of a platform
export const withoutSentence: Record<PlatformWords, string> = silent;

declare const nameless: Omit<Record<PlatformNames, string>, 'Unknown'>;
// @ts-expect-error: a catalogue without the name of a platform
export const withoutName: Record<PlatformNames, string> = nameless;

declare const unset: Omit<Record<SettingWords, string>, 'Require a password'>;
// @ts-expect-error: a catalogue without the name of a setting
export const withoutSetting: Record<SettingWords, string> = unset;

declare const unchosen: Omit<Record<SettingWords, string>, 'Hands-free only'>;
// @ts-expect-error: a catalogue without a choice of a setting
export const withoutChoice: Record<SettingWords, string> = unchosen;

declare const uncounted: Omit<Words['units'], 'days'>;
// @ts-expect-error: a catalogue without a unit
export const withoutUnit: Record<SettingUnits, string[]> = uncounted;

declare const unruly: Omit<Words['conditions'], 'roaming'>;
// @ts-expect-error: a catalogue without a condition
export const withoutCondition: Record<Conditions, string> = unruly;

declare const groundless: Omit<Record<Reasons, string>, 'It is roaming.'>;
// @ts-expect-error: a catalogue without a reason
export const withoutReason: Record<Reasons, string> = groundless;
