import { expect, test } from 'vitest';
import { subjectName } from './subject';

const one = '01a206eb-8c00-7d1f-9a4b-5f00c0ffee01';
const other = '01a206eb-8c00-7d1f-9a4b-77aa12345678';

test.each([
  ['command', 'full-wipe', one, 'Command full wipe c0ffee01'],
  ['command', 'full-wipe', other, 'Command full wipe 12345678'],
  ['command', '', one, 'Command c0ffee01'],
  ['approval', '', other, 'Approval 12345678'],
  ['device', 'GT-I9300', one, 'Device GT-I9300'],
  ['setting', '', 'safety.rules', 'Setting safety.rules'],
])('a record of a %s %s (%s) is of %s', (kind, name, id, want) => {
  expect(subjectName({ kind, name, id })).toBe(want);
});
