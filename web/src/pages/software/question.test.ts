import { expect, test } from 'vitest';
import { addressOf, testFor, testsOf } from './question';

test('a question goes into an address and comes out as it was', () => {
  const tests = ['openssl<3.0.15', '!vim', 'a, b'];
  expect(testsOf({ tab: 'x', ...addressOf(tests) })).toEqual(tests);
  expect(testsOf({ ask2: '!vim' })).toEqual(['!vim']);
});

test('who has a version is asked by its source', () => {
  const program = (name: string, source: string) => ({ name, source, versions: 1, devices: 1 });
  expect(testFor(program('openssl', 'dpkg'), '3.0.15-1')).toBe('dpkg:openssl=3.0.15-1');
  expect(testFor(program('Tool (>= 2)', 'windows'), '')).toBe('windows:Tool (* 2)');
});
