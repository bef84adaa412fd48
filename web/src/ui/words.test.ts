import { expect, test } from 'vitest';
import { browserWords } from './browser';
import { commandCancellable, humanize, stateWord } from './states';
import { ago, count, duration, isNever, plural, shownOf } from './time';

test('states are words with a tone, however they are written', () => {
  expect(stateWord('awaiting')).toEqual({ label: 'Awaiting approval', tone: 'wait' });
  expect(stateWord('not_supported')).toEqual(stateWord('not-supported'));
  expect(stateWord('something_new')).toEqual({ label: 'Something new', tone: 'off' });
  expect(stateWord('')).toEqual({ label: 'Unknown', tone: 'off' });
  expect(humanize('access.rule.moved')).toBe('Access rule moved');
});

test('a command can be called back until it is delivered', () => {
  expect(['awaiting', 'delayed', 'queued'].every(commandCancellable)).toBe(true);
  expect(
    ['delivered', 'acknowledged', 'done', 'failed', 'cancelled', 'expired'].some(commandCancellable),
  ).toBe(false);
});

test('times are told as people tell them', () => {
  const now = Date.UTC(2030, 0, 10, 12);
  const at = (seconds: number) => new Date(now - seconds * 1000).toISOString();
  expect(ago(at(20), now)).toBe('just now');
  expect(ago(at(-20), now)).toBe('just now');
  expect(ago(at(90), now)).toBe('1 minute ago');
  expect(ago(at(7_200), now)).toBe('2 hours ago');
  expect(ago(at(86_400), now)).toBe('yesterday');
  expect(ago(at(-86_400 * 3), now)).toBe('in 3 days');
  expect([isNever(''), isNever(undefined), isNever('0001-01-01T00:00:00Z'), isNever(at(0))]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test('numbers are told with their words', () => {
  expect(plural(1, 'device')).toBe('1 device');
  expect(plural(12_345, 'device')).toBe('12,345 devices');
  expect(plural(2, 'policy', 'policies')).toBe('2 policies');
  expect(shownOf(4, 4, false, 'breach', 'breaches')).toBe('4 of 4 breaches');
  expect(shownOf(1, 1, false, 'breach', 'breaches')).toBe('1 of 1 breach');
  expect(shownOf(100, 1000, true, 'device')).toBe('100 of 1,000+ devices');
  expect(count(10_000, true)).toBe('10,000+');
});

test('a length of time is told in the largest unit that says it whole', () => {
  expect([86_400, 172_800, 5_400, 600, 60, 90].map(duration)).toEqual([
    '1 day',
    '2 days',
    '90 minutes',
    '10 minutes',
    '1 minute',
    '90 seconds',
  ]);
});

test('a browser is told by its name and its system', () => {
  const chrome =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
  expect(browserWords(chrome)).toBe('Chrome 141 on Linux');
  expect(browserWords(`${chrome} Edg/141.0.1`)).toBe('Edge 141 on Linux');
  expect(
    browserWords(
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
    ),
  ).toBe('Safari 18 on iPhone');
  expect(browserWords('drover/1.0')).toBe('drover/1.0');
});
