import { expect, test } from 'vitest';
import { minutesOf, spans, toWeek, toWindows, windowWords } from './week';

const office = { days: [1, 2, 3, 4, 5], from: 480, to: 1080 };

test('a week comes back as the windows that it was made of', () => {
  const night = { days: [5], from: 1320, to: 120 };
  expect(toWindows(toWeek([night, office]))).toEqual([office, night]);
  expect(toWindows(toWeek([{ days: [0], from: 600, to: 1440 }]))).toEqual([{ days: [0], from: 600, to: 0 }]);
});

test('what goes over midnight shows on both days', () => {
  const week = toWeek([{ days: [6], from: 1080, to: 360 }]);
  expect([spans(week, 6), spans(week, 0), spans(week, 1)]).toEqual([
    [{ from: 0.75, to: 1 }],
    [{ from: 0, to: 0.25 }],
    [],
  ]);
});

test('windows are told as people tell them', () => {
  expect(windowWords(office)).toBe('Monday to Friday, 08:00 to 18:00');
  expect(windowWords({ days: [6, 0], from: 1320, to: 120 })).toBe(
    'Saturday and Sunday, 22:00 to 02:00 the next day',
  );
  expect(windowWords({ days: [0, 1, 2, 3, 4, 5, 6], from: 0, to: 1440 })).toBe(
    'Every day, 00:00 to 00:00 the next day',
  );
  expect([minutesOf('07:30'), minutesOf('24:00'), minutesOf('')]).toEqual([450, undefined, undefined]);
});
