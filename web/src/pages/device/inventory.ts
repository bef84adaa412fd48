import type { InventoryChange, InventoryField, InventoryKind } from '../../api/types';
import { count, exactly } from '../../ui/time';

export type Item = Record<string, string>;

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Octets as people say them of memory and disks. */
export function octets(n: number): string {
  const step = n < 1 ? 0 : Math.min(Math.floor(Math.log2(n) / 10), SIZES.length - 1);
  const size = n / 1024 ** step;
  return `${size >= 100 || Number.isInteger(size) ? Math.round(size) : size.toFixed(1)} ${SIZES[step]}`;
}

/** A value as people read it; what is not of its field's unit stays as it was told. */
export function valueWords(field: InventoryField, value: string | undefined): string {
  if (!value) return '';
  switch (field.unit) {
    case 'bytes':
      return Number.isFinite(Number(value)) ? octets(Number(value)) : value;
    case 'number':
      return Number.isFinite(Number(value)) ? count(Number(value)) : value;
    case 'time':
      return Number.isNaN(Date.parse(value)) ? value : exactly(value);
    case 'truth':
      return value === 'yes' ? 'Yes' : 'No';
    default:
      return value;
  }
}

/** The fields of which at least one item tells something. */
export const toldFields = (fields: InventoryField[], items: Item[]): InventoryField[] =>
  fields.filter((f) => items.some((it) => it[f.name]));

/** The items that have every one of the words in some field. */
export function withWords(fields: InventoryField[], items: Item[], search: string): Item[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return items;
  return items.filter((it) => {
    const text = fields.map((f) => valueWords(f, it[f.name]).toLowerCase()).join('\n');
    return words.every((w) => text.includes(w));
  });
}

const MOST_WORDS = 3;

/** An item in few words: its name and version, or the first of what it tells. */
export function itemWords(kind: InventoryKind | undefined, item: Item): string {
  if (item.name) return [item.name, item.version].filter(Boolean).join(' ');
  const fields = (kind?.fields ?? []).filter((f) => item[f.name]);
  return fields
    .slice(0, MOST_WORDS)
    .map((f) => `${f.title} ${valueWords(f, item[f.name])}`)
    .join(', ');
}

/** The fields in which an item was changed, with both values. */
export function differences(kind: InventoryKind | undefined, change: InventoryChange): string[] {
  return (kind?.fields ?? [])
    .filter((f) => (change.before?.[f.name] ?? '') !== (change.after?.[f.name] ?? ''))
    .map((f) => {
      const [before, after] = [change.before, change.after].map((it) => valueWords(f, it?.[f.name]) || '–');
      return `${f.title}: ${before} → ${after}`;
    });
}
