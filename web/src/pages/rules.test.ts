import { expect, test } from 'vitest';
import type { AccessRule, SettingSpec } from '../api/types';
import { inWords as ruleInWords, moved } from './access/rule';
import { changes } from './audit/changes';
import { inWords } from './policies/value';

const rule = (id: string) => ({ id, name: id }) as AccessRule;

test('a rule moves within the list and never out of it', () => {
  const rules = ['a', 'b', 'c'].map(rule);
  const order = (id: string, by: number) =>
    moved(rules, id, by)
      .map((r) => r.id)
      .join('');
  expect([order('b', -1), order('b', 1), order('a', -1), order('c', 1), order('x', 1)]).toEqual([
    'bac',
    'acb',
    'abc',
    'abc',
    'abc',
  ]);
});

test('a rule says what it looks at', () => {
  expect(ruleInWords({ match: 'platform', pattern: 'webos', note: 'No TLS 1.2.' })).toBe(
    'Platform is webos. No TLS 1.2.',
  );
  expect(ruleInWords({ match: 'any', pattern: '', note: '' })).toBe('Every device.');
});

test('a record shows what differs, by name', () => {
  expect(
    changes({ a: 1, deep: { x: true, same: 's' } }, { deep: { x: false, same: 's' }, list: ['p'] }),
  ).toEqual([
    { name: 'a', before: '1', after: '–' },
    { name: 'deep.x', before: 'true', after: 'false' },
    { name: 'list', before: '–', after: '["p"]' },
  ]);
  expect(changes(null, undefined)).toEqual([]);
});

test('values are told in words', () => {
  const spec = (part: Partial<SettingSpec>) =>
    ({ kind: 'number', min: 1, max: 16, none: 0, unit: '', options: [], ...part }) as SettingSpec;
  expect(inWords(spec({ unit: 'days' }), 5)).toBe('5 days');
  expect(inWords(spec({}), 0)).toBe('No limit');
  expect(inWords(spec({ kind: 'bool' }), true)).toBe('Yes');
  expect(inWords(spec({ kind: 'choice', options: [{ number: 1, words: 'Hands-free only' }] }), 1)).toBe(
    'Hands-free only',
  );
  expect(inWords(spec({ kind: 'list' }), [])).toBe('None');
});
