import { expect, test } from 'vitest';
import { numbered } from './numbered';

test.each([
  [[], []],
  [
    ['GT-I9300', 'iPhone'],
    ['GT-I9300', 'iPhone'],
  ],
  [
    ['GT-I9300', 'iPhone', 'GT-I9300'],
    ['GT-I9300 (1)', 'iPhone', 'GT-I9300 (2)'],
  ],
])('%j are told apart', (names, want) => {
  const list = names.map((name, i) => ({ id: String(i), name }));
  const called = numbered(list, (thing) => thing.name);
  expect(list.map((thing) => called({ ...thing }))).toEqual(want);
});
