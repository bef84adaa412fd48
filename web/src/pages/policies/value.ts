import type { PlainValue, SettingSpec, SettingValue } from '../../api/types';

/** Whether the user may have no other value. */
export function isLocked(value: SettingValue | undefined): boolean {
  return typeof value === 'object' && 'locked' in value;
}

/** The value itself, locked or not. */
export function plain(value: SettingValue | undefined): PlainValue | undefined {
  return typeof value === 'object' && 'locked' in value ? value.locked : value;
}

/** The same value, locked or as a bound. */
export function withLock(value: PlainValue, locked: boolean): SettingValue {
  return locked ? { locked: value } : value;
}

export function sameValue(a: SettingValue | undefined, b: SettingValue | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A value in words. */
export function inWords(spec: SettingSpec, given: SettingValue): string {
  const value = plain(given)!;
  if (Array.isArray(value))
    return value.map((x) => (typeof x === 'string' ? x : x.path)).join(', ') || 'None';
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  if (typeof value === 'string') return value || 'None';
  if (spec.kind === 'choice') return spec.options.find((o) => o.number === value)?.words ?? String(value);
  if (value === spec.none && (value < spec.min || value > spec.max)) return 'No limit';
  return spec.unit ? `${value} ${spec.unit}` : String(value);
}
