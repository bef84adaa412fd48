import { expect, test } from 'vitest';
import { fromLines, toLines } from './corners';

test('corners come back as the lines that they were made of', () => {
  const corners = [
    { latitude: 48.2, longitude: 16.4 },
    { latitude: -3, longitude: -179.5 },
  ];
  expect(fromLines(toLines(corners))).toEqual({ corners, bad: 0 });
});

test('the first line that is no corner is named, and the others count', () => {
  expect(fromLines('48.2 16.4\n\n48,2; 16,4\n1;2\nhere')).toEqual({
    corners: [
      { latitude: 48.2, longitude: 16.4 },
      { latitude: 1, longitude: 2 },
    ],
    bad: 3,
  });
});

test('a comma that may be a decimal one is none between two numbers', () => {
  expect(['48,2', '48.2,16', '48,16.4', '-48.2,-16.4', '48, 2'].map((line) => fromLines(line).bad)).toEqual([
    1, 0, 0, 0, 0,
  ]);
});
