import { describe, expect, it } from 'vitest';
import { firstLanguage, LANGUAGES } from './language';
import { reasons } from './compliance';
import { platformNames, platformWords } from './platform';
import { complianceDe } from './words/complianceDe';
import { en } from './words/en';
import { platformDe } from './words/platformDe';
import { settingsDe } from './words/settingsDe';

/** Every key of a catalogue, with dots between levels. */
function keys(list: object, before = ''): string[] {
  return Object.entries(list).flatMap(([key, value]) =>
    typeof value === 'object' ? keys(value, `${before}${key}.`) : [`${before}${key}`],
  );
}

describe('the catalogues', () => {
  for (const [code, words] of Object.entries(LANGUAGES)) {
    it(`say everything in ${code}`, () => {
      expect(keys(words)).toEqual(keys(en));
      expect(words.code).toBe(code);
    });
  }

  it('say in German what platforms say', () => {
    expect(Object.keys(platformDe).toSorted()).toEqual([...platformNames, ...platformWords].toSorted());
  });

  it('leave no sentence of the server’s without words', () => {
    for (const list of [platformDe, settingsDe, complianceDe]) {
      expect(Object.entries(list).filter(([, text]) => text.trim() === '')).toEqual([]);
    }
  });

  it('translate a sentence in one way', () => {
    const both = Object.keys(settingsDe).filter((text) => Object.hasOwn(platformDe, text));
    expect(both).toEqual([]);
  });

  it('take over all that the server fills into a reason', () => {
    for (const reason of reasons) {
      const given = [...reason.matchAll(/\{\}/g)].map((_, i) => `{${i + 1}}`);
      expect(complianceDe[reason].match(/\{[^}]*\}/g)?.toSorted() ?? []).toEqual(given);
    }
  });
});

describe('the first language', () => {
  it('is what was chosen, then what the browser wants, then English', () => {
    expect(firstLanguage('de', ['en-GB'])).toBe('de');
    expect(firstLanguage(null, ['fr-FR', 'de-AT', 'en'])).toBe('de');
    expect(firstLanguage('xx', ['fr'])).toBe('en');
    expect(firstLanguage('toString', [])).toBe('en');
  });
});
