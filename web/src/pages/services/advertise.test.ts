import { expect, test } from 'vitest';
import { placeIn, putIn } from './advertise';

test('servers are put into an order, and out of it', () => {
  let orders = putIn([], 'management', 'b', 2);
  orders = putIn(orders, 'management', 'a', 1);
  orders = putIn(orders, 'management', 'c', 1);
  orders = putIn(orders, 'collection', 'c', 1);
  expect(orders.find((o) => o.role === 'management')?.groups).toEqual([['a', 'c'], ['b']]);
  expect(placeIn(orders, 'management', 'b')).toBe(2);
  orders = putIn(orders, 'management', 'b');
  expect(placeIn(orders, 'management', 'b')).toBeUndefined();
  expect(orders.find((o) => o.role === 'management')?.groups).toEqual([['a', 'c']]);
  expect(putIn(orders, 'collection', 'c')).toHaveLength(1);
});
