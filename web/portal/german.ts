import { complianceDe } from './words/complianceDe';
import { platformDe } from './words/platformDe';
import { settingsDe } from './words/settingsDe';

const whole = new Map<string, string>(Object.entries({ ...settingsDe, ...platformDe }));

/** Reasons that the server has completed, such as with the name of an application. */
const patterns = Object.entries(complianceDe).map(([english, german]) => ({
  english: new RegExp(`^${english.split('{}').map(escaped).join('(.+)')}$`),
  german,
}));

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

/** A sentence of the server's in German; undefined for one that this version does not know. */
export function inGerman(text: string): string | undefined {
  const known = whole.get(text);
  if (known) return known;
  for (const { english, german } of patterns) {
    const parts = english.exec(text);
    if (parts) return german.replace(/\{(\d)\}/g, (_, n: string) => part(parts[Number(n)] ?? ''));
  }
  return undefined;
}

/** What the server has filled in: the name of a platform, or what needs no translation. */
function part(text: string): string {
  return Object.hasOwn(platformDe, text) ? platformDe[text as keyof typeof platformDe] : text;
}
