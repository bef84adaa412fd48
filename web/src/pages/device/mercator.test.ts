import { expect, test } from 'vitest';
import { across, down, snapped, tilesOf, viewOf } from './mercator';

test('a place lies where map servers have its tile', () => {
  const zoom = 14;
  const n = 2 ** zoom;
  // By the scheme that map servers share: the middles of Vienna and of Sydney.
  expect([Math.floor(across(16.3738) * n), Math.floor(down(48.2082) * n)]).toEqual([8937, 5681]);
  expect([Math.floor(across(151.2093) * n), Math.floor(down(-33.8688) * n)]).toEqual([15073, 9831]);
  expect([down(90), down(-90)].map((v) => Math.round(v * 1000))).toEqual([0, 1000]);
});

test('tiles cover the picture without a gap, and no more', () => {
  const view = snapped(viewOf([{ latitude: 48.2082, longitude: 16.3738 }], 760, 380, 0.00005), 760, 380);
  expect(view.zoom).toBe(15);
  const tiles = tilesOf(view, 760, 380, 'https://tiles.example.org/{z}/{x}/{y}.png');
  expect(tiles.length).toBeGreaterThanOrEqual(6);
  expect(new Set(tiles.map((t) => t.url)).size).toBe(tiles.length);
  for (const axis of ['x', 'y'] as const) {
    const at = [...new Set(tiles.map((t) => t[axis]))].sort((a, b) => a - b);
    const size = axis === 'x' ? 760 : 380;
    expect(at[0]).toBeLessThanOrEqual(0);
    expect(at[0]).toBeGreaterThan(-256);
    expect((at.at(-1) ?? 0) + 256).toBeGreaterThanOrEqual(size);
    expect(at.at(-1)).toBeLessThan(size);
  }
});

test('the world goes on beyond its edge', () => {
  const view = snapped(viewOf([{ latitude: -17, longitude: 179.99 }], 760, 380, 0.07), 760, 380);
  const n = 2 ** view.zoom;
  const columns = tilesOf(view, 760, 380, '{z}/{x}/{y}').map((t) => Number(t.url.split('/')[1]));
  expect(columns.every((c) => c >= 0 && c < n)).toBe(true);
  expect(columns).toContain(0);
  expect(columns).toContain(n - 1);
});
