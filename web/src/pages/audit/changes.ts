export interface Change {
  name: string;
  before: string;
  after: string;
}

function flat(value: unknown, prefix: string, into: Map<string, string>) {
  if (value === null || value === undefined) return;
  if (typeof value === 'object' && !Array.isArray(value)) {
    for (const [name, part] of Object.entries(value)) flat(part, prefix ? `${prefix}.${name}` : name, into);
    return;
  }
  into.set(prefix || 'value', typeof value === 'string' ? value : JSON.stringify(value));
}

/** The values that differ between two records, by name; "–" stands for what is not there. */
export function changes(before: unknown, after: unknown): Change[] {
  const old = new Map<string, string>();
  const now = new Map<string, string>();
  flat(before, '', old);
  flat(after, '', now);
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => old.get(name) !== now.get(name))
    .map((name) => ({ name, before: old.get(name) ?? '–', after: now.get(name) ?? '–' }));
}
