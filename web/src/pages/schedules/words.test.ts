import { expect, test } from 'vitest';
import type { DeviceSchedule } from '../../api/types';
import { nowWords } from './words';

test('a device says what it does now, and until when', () => {
  const told = {
    now: { manner: 'push' },
    then: { manner: 'interval', minutes: 60 },
    until: '2024-05-03T16:00:00Z',
    zone: 'Europe/Berlin',
  } as DeviceSchedule;
  expect(nowWords(told)).toBe('Told at once until Fri 18:00, then asks every 60 minutes.');
  expect(nowWords({ ...told, until: '' })).toBe('Told at once.');
});
