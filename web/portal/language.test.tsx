import { describe, expect, it } from 'vitest';
import { firstLanguage, LANGUAGES } from './language';
import { platformWords } from './platform';
import { en } from './words/en';
import { platformDe } from './words/platformDe';

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
    expect(Object.keys(platformDe).toSorted()).toEqual([...platformWords].toSorted());
    expect(Object.values(platformDe).every((text) => text.trim().length > 3)).toBe(true);
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
