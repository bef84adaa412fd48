import type { SettingSpec, SettingValue } from '../../api/types';

export function sameValue(a: SettingValue | undefined, b: SettingValue | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A value in words. */
export function inWords(spec: SettingSpec, value: SettingValue): string {
  if (Array.isArray(value)) return value.length > 0 ? value.join(', ') : 'None';
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  if (spec.kind === 'choice') return spec.options.find((o) => o.number === value)?.words ?? String(value);
  if (value === spec.none && (value < spec.min || value > spec.max)) return 'No limit';
  return spec.unit ? `${value} ${spec.unit}` : String(value);
}
