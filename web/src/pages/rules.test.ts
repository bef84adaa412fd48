import { expect, test } from 'vitest';
import type { AccessRule, SafetyRules, SettingSpec, UpstreamDraft } from '../api/types';
import { moved } from '../ui/order';
import { inWords as ruleInWords } from './access/rule';
import { changes } from './audit/changes';
import { diverts, means } from './mail/means';
import { inWords } from './policies/value';
import { looser } from './safety/rules';

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

test('rules for destructive acts are looser when anything is', () => {
  const budget = { hour: 5, day: 20 };
  const rules: SafetyRules = {
    ...{
      quorum: 1,
      delay: 0,
      batchDelay: 600,
      expiry: 86_400,
      probation: 86_400,
      passUpstream: false,
      scripts: 10,
    },
    ...{ actor: budget, role: budget, zone: budget, self: budget },
  };
  expect(looser(rules, rules)).toBe(false);
  const tighter: Partial<SafetyRules>[] = [{ quorum: 2 }, { expiry: 3_600 }, { actor: { hour: 1, day: 2 } }];
  expect(tighter.some((change) => looser(rules, { ...rules, ...change }))).toBe(false);
  const loose: Partial<SafetyRules>[] = [
    ...[
      { quorum: 0 },
      { batchDelay: 0 },
      { expiry: 90_000 },
      { probation: 0 },
      { passUpstream: true },
      { scripts: 11 },
    ],
    { self: { hour: 5, day: 21 } },
  ];
  expect(loose.every((change) => looser({ ...rules, delay: 0 }, { ...rules, quorum: 2, ...change }))).toBe(
    true,
  );
});

test('an edit of a mail server says what it means, and whether passwords go elsewhere', () => {
  const before: UpstreamDraft = {
    name: 'Main',
    url: 'https://a.example.org',
    tlsMode: 'system',
    domains: [],
    default: true,
  };
  expect(means(before, { ...before, name: 'Other' })).toEqual([]);
  expect(diverts(before, { ...before, timeoutSeconds: 5 })).toBe(false);
  const moved = { ...before, url: 'https://b.example.org' };
  expect(diverts(before, moved)).toBe(true);
  expect(means(before, moved)).toHaveLength(1);
  expect(means(before, { ...moved, domains: ['example.org'], deviceCap: 2 })).toHaveLength(3);
});
