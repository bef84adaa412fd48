import { expect, test } from 'vitest';
import type { InventoryField, InventoryKind } from '../../api/types';
import { differences, itemWords, octets, toldFields, valueWords, withWords } from './inventory';

const field = (name: string, unit: InventoryField['unit'] = ''): InventoryField => ({
  name,
  unit,
  title: name.toUpperCase(),
});
const volume: InventoryKind = {
  section: 'volume',
  title: 'Volumes',
  single: false,
  fields: [field('mount'), field('size', 'bytes'), field('encrypted', 'truth')],
};

test('octets are told in the unit that fits', () => {
  expect([0, 512, 1024, 1_048_576_000, 17_179_869_184, 1536].map(octets)).toEqual([
    ...['0 B', '512 B', '1 KiB', '1000 MiB', '16 GiB', '1.5 KiB'],
  ]);
});

test('values are told in words, and what is odd as it is', () => {
  expect(valueWords(field('x', 'number'), '3200')).toBe('3,200');
  expect(valueWords(field('x', 'truth'), 'yes')).toBe('Yes');
  expect(valueWords(field('x', 'bytes'), 'much')).toBe('much');
  expect(valueWords(field('x', 'time'), 'soon')).toBe('soon');
  expect(valueWords(field('x'), undefined)).toBe('');
});

test('items are found by words as they are shown', () => {
  const items: Record<string, string>[] = [{ mount: '/', size: '17179869184' }, { mount: '/boot' }];
  expect(toldFields(volume.fields, items).map((f) => f.name)).toEqual(['mount', 'size']);
  expect(withWords(volume.fields, items, '16 GIB')).toEqual([items[0]]);
  expect(withWords(volume.fields, items, ' ')).toHaveLength(2);
});

test('a change tells what it was and what it is', () => {
  expect(itemWords(volume, { name: 'vim', version: '9.0' })).toBe('vim 9.0');
  expect(itemWords(volume, { mount: '/', encrypted: 'no' })).toBe('MOUNT /, ENCRYPTED No');
  expect(
    differences(volume, {
      ...{ id: '1', at: '', section: 'volume', kind: 'changed' },
      before: { mount: '/', encrypted: 'no' },
      after: { mount: '/', encrypted: 'yes', size: '1024' },
    }),
  ).toEqual(['SIZE: – → 1 KiB', 'ENCRYPTED: No → Yes']);
});
