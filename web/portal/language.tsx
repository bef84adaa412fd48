import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { inGerman } from './german';
import { de } from './words/de';
import { en, type Words } from './words/en';

/** The closed set of languages, the first for everybody who speaks none of them. */
export const LANGUAGES = { en, de } as const satisfies Record<string, Words>;
export type Language = keyof typeof LANGUAGES;

const KEPT = 'drover-portal-language';

const known = (code: string | null | undefined): code is Language => !!code && Object.hasOwn(LANGUAGES, code);

/** What was chosen here before, or the first of the browser's languages that there is. */
export function firstLanguage(kept: string | null, wanted: readonly string[]): Language {
  if (known(kept)) return kept;
  return wanted.map((tag) => tag.toLowerCase().split('-')[0]).find(known) ?? 'en';
}

interface Spoken {
  words: Words;
  language: Language;
  choose: (language: Language) => void;
}

const Context = createContext<Spoken>({ words: en, language: 'en', choose: () => undefined });

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(() =>
    firstLanguage(localStorage.getItem(KEPT), navigator.languages),
  );
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = LANGUAGES[language].portal;
  }, [language]);
  const choose = (next: Language) => {
    localStorage.setItem(KEPT, next);
    setLanguage(next);
  };
  return (
    <Context.Provider value={{ words: LANGUAGES[language], language, choose }}>{children}</Context.Provider>
  );
}

export const useLanguage = () => useContext(Context);
export const useWords = () => useContext(Context).words;

/** One of a closed list of words by a key that the server gave; undefined when this version does not know the key. */
export function word<T>(list: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(list, key) ? list[key] : undefined;
}

/** A sentence of the server's: translated where there is a translation, else marked as the English that it is. */
export function Said({ text }: { text: string }) {
  const { language } = useLanguage();
  if (language === 'en') return <>{text}</>;
  const german = inGerman(text);
  return german ? <>{german}</> : <span lang="en">{text}</span>;
}

/** A number with its unit as people of the language write it; of no unit where that is empty. */
export function useCount() {
  const { words, language } = useLanguage();
  return (n: number, unit: string) => {
    const [one, several] = word(words.units, unit) ?? [unit, unit];
    const digits = new Intl.NumberFormat(language, { useGrouping: 'min2' }).format(n);
    return `${digits} ${n === 1 ? one : several}`.trim();
  };
}

/** A time as people of the language write it. */
export function useWhen() {
  const { words, language } = useLanguage();
  return (stamp: string) =>
    stamp
      ? new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(stamp))
      : words.never;
}
