import type { RegistrationCondition, RegistrationMatch, RegistrationReview } from '../../api/types';

type Fact = RegistrationCondition['fact'];
type Test = RegistrationCondition['test'];

export const FACTS: Record<Fact, string> = {
  host: 'Host name',
  platform: 'Platform',
  os: 'System',
  version: 'System’s version',
  address: 'Address it calls from',
  attribute: 'Attribute',
  key: 'Key that it shows',
  maker: 'Maker',
  model: 'Model',
  serial: 'Serial number',
  uuid: 'UUID',
  machine: 'Machine id',
  mac: 'Network card',
  arch: 'Architecture',
  agent: 'Agent’s version',
};

export const TESTS: Record<Test, string> = {
  is: 'is',
  'is-not': 'is not',
  like: 'is like',
  unlike: 'is not like',
  within: 'is within',
  outside: 'is outside of',
  from: 'is from',
  below: 'is below',
  told: 'is told',
  untold: 'is not told',
};

const TEXT: Test[] = ['is', 'is-not', 'like', 'unlike', 'told', 'untold'];

/** The tests that go with a fact. */
export function testsOf(fact: Fact): Test[] {
  switch (fact) {
    case 'address':
      return ['within', 'outside'];
    case 'platform':
    case 'key':
      return ['is', 'is-not'];
    case 'version':
      return ['from', 'below', ...TEXT];
    default:
      return TEXT;
  }
}

/** What stands in the field of values. */
export function hint(c: RegistrationCondition): string {
  if (c.fact === 'address') return 'Addresses, networks or runs: 192.0.2.0/24.';
  if (c.test === 'from' || c.test === 'below') return 'A version: 12.4.';
  if (c.test === 'like' || c.test === 'unlike') return '* stands for any text: web*.';
  return 'One of them is enough.';
}

export const VERDICTS = [
  { value: 'admit', label: 'Let in' },
  { value: 'quarantine', label: 'Quarantine' },
  { value: 'review', label: 'Ask me' },
  { value: 'refuse', label: 'Refuse' },
];

export const MEANS: Record<string, string> = {
  admit: 'It comes in and is put where you say.',
  quarantine:
    'It comes in and waits in the folder /Quarantine: nothing but the default policy reaches it there.',
  review: 'It waits at the door until you have decided, and asks again by itself.',
  refuse: 'It does not come in.',
};

export const WHY: Record<RegistrationReview['why'], string> = {
  rule: 'A rule asks for it.',
  again: 'It tells the same as a computer that is here: set up anew, or somebody says so.',
  cloned: 'It tells the same as a computer that is here in part: a copied disk, or a changed board.',
  several: 'It tells the same as several that are here.',
  approved: 'One was entered beforehand that is described so, but it came without the one-time code.',
  moved:
    'It is in, and its key is used by a machine that tells otherwise: a copy of its disk, or a changed part.',
  differs: 'It came with the one-time code of a computer that was described otherwise.',
};

export const KINDS: Record<string, string> = {
  serial: 'serial number',
  uuid: 'UUID',
  mac: 'network card',
  machine: 'machine id',
};

/** In what two computers agree, and in what not. */
export function agreement(match: RegistrationMatch): string {
  const said = (kinds: string[]) => kinds.map((k) => KINDS[k] ?? k).join(', ');
  const same = match.by.length > 0 ? `same ${said(match.by)}` : 'nothing the same';
  return match.against.length > 0 ? `${same}; another ${said(match.against)}` : same;
}

/** A rule’s conditions in a sentence. */
export function inWords(conditions: RegistrationCondition[]): string {
  if (conditions.length === 0) return 'Every computer';
  return conditions
    .map((c) => {
      const what = c.fact === 'attribute' ? `Attribute ${c.name ?? ''}` : FACTS[c.fact];
      return `${what} ${TESTS[c.test]} ${(c.values ?? []).join(' or ')}`.trim();
    })
    .join(', and ');
}
