import { expect, test } from 'vitest';
import { countries } from './atlas';
import { across, down, viewOf, type Box, type Place } from './mercator';
import { boundsOf, clipped, frameOf, labelsOf, layOf, piecesOf, type Ring } from './shapes';

const SIZE = { width: 760, height: 380 };
const SQUARE: Ring = [
  { x: 0, y: 0 },
  { x: 10, y: 0 },
  { x: 10, y: 10 },
  { x: 0, y: 10 },
];

/** The names that are drawn around a place when so many metres of it are in view. */
function namesAround(place: Place, metres: number, language = 'en', drawn: Box[] = []) {
  const [x, y] = [across(place.longitude), down(place.latitude)];
  const view = viewOf({ x0: x, x1: x, y0: y, y1: y }, SIZE, metres);
  const frame = frameOf(view, SIZE);
  return labelsOf(piecesOf(countries(language), frame), layOf(frame, view, SIZE), SIZE, drawn);
}

test('a ring is cut to a box', () => {
  expect(boundsOf(clipped(SQUARE, { x0: 4, x1: 20, y0: -5, y1: 6 }))).toEqual({
    x0: 4,
    x1: 10,
    y0: 0,
    y1: 6,
  });
  expect(clipped(SQUARE, { x0: -1, x1: 11, y0: -1, y1: 11 })).toEqual(SQUARE);
  expect(clipped(SQUARE, { x0: 20, x1: 30, y0: 0, y1: 10 })).toEqual([]);
});

test('no land is torn where maps begin anew', () => {
  for (const { name, rings } of countries('en')) {
    for (const { ring } of rings) {
      const steps = ring.slice(1).map((p, i) => Math.abs(p.x - (ring[i]?.x ?? 0)));
      const seam = name === 'Antarctica' ? 1 : 0; // along the pole
      expect(steps.filter((step) => step > 0.5)).toHaveLength(steps.some((s) => s > 0.5) ? seam : 0);
    }
  }
});

test('a frame holds a picture until the map leaves it', () => {
  const view = viewOf({ x0: 0.54, x1: 0.54, y0: 0.35, y1: 0.35 }, SIZE, 500_000);
  const frame = frameOf(view, SIZE);
  const nudged = { ...view, x: view.x + 1e-6 };
  expect(frameOf(nudged, SIZE)).toEqual(frame);
  const before = layOf(frame, view, SIZE);
  const after = layOf(frame, nudged, SIZE);
  expect(after.x).toBeLessThan(before.x);
  // However the map is pushed within it, the frame goes beyond the picture on every side.
  const reach = ((frame.box.x1 - frame.x) * 256 * 2 ** frame.zoom * before.times) as number;
  expect(before.x - reach).toBeLessThan(0);
  expect(before.x + reach).toBeGreaterThan(SIZE.width);
});

test('names stand where there is room, in the language of the page', () => {
  const europe = namesAround({ latitude: 48.2, longitude: 16.4 }, 1_500_000);
  const names = europe.map((label) => label.name);
  expect(names).toEqual(expect.arrayContaining(['Austria', 'Germany', 'Italy', 'Hungary']));
  expect(names).not.toContain('Liechtenstein');
  for (const a of europe) {
    for (const b of europe)
      expect(a === b || Math.abs(a.y - b.y) > 16 || Math.abs(a.x - b.x) > 30).toBe(true);
  }
  const german = namesAround({ latitude: 48.2, longitude: 16.4 }, 1_500_000, 'de');
  expect(german.map((label) => label.name)).toEqual(expect.arrayContaining(['Österreich', 'Deutschland']));
});

test('however near one is, the land around is named in the middle', () => {
  const labels = namesAround({ latitude: 48.2, longitude: 16.4 }, 1000);
  expect(labels.map((label) => label.name)).toEqual(['Austria']);
  expect(labels[0]?.x).toBeCloseTo(380);
  expect(Math.abs((labels[0]?.y ?? 0) - 190)).toBeLessThan(10);
});

test('no name lies on what is drawn', () => {
  const mark = { x0: 370, x1: 390, y0: 170, y1: 200 };
  const [austria] = namesAround({ latitude: 48.2, longitude: 16.4 }, 1000, 'en', [mark]);
  expect(austria?.name).toBe('Austria');
  expect(Math.abs((austria?.x ?? 0) - 380) > 30 || Math.abs((austria?.y ?? 0) - 185) > 20).toBe(true);
  const all = { x0: 0, x1: 760, y0: 0, y1: 380 };
  expect(namesAround({ latitude: 48.2, longitude: 16.4 }, 1000, 'en', [all])).toEqual([]);
});

test('a land that lies on both sides of the date line is drawn around it', () => {
  const fiji = namesAround({ latitude: -17.5, longitude: 180 }, 400_000);
  expect(fiji.map((label) => label.name)).toContain('Fiji');
});
