import { expect, test } from 'vitest';
import { everyWords, questionWords } from './words';

test('a question in words', () => {
  expect(questionWords({ tests: ['openssl<3', '!vim'], words: '' })).toBe('openssl<3, !vim');
  expect(questionWords({ tests: [], words: 'ann' })).toBe('Devices with “ann”');
  expect(questionWords({ tests: [], words: '' })).toBe('All devices');
});

test('when it is sent', () => {
  expect(everyWords({ every: 'week', hour: 6 })).toBe('Each Monday at 06:00 UTC');
  expect(everyWords({ every: '', hour: 6 })).toBe('Never');
});
