import { expect, test } from 'vitest';
import {
  across,
  bounded,
  boxOf,
  down,
  gridStep,
  lengthOf,
  metresPerUnit,
  placeAt,
  project,
  projectLine,
  pushed,
  ringAround,
  round125,
  scaleOf,
  straight,
  tilesOf,
  tileZoom,
  viewOf,
  zoomed,
  type Place,
  type View,
} from './mercator';

const SIZE = { width: 760, height: 380 };
const VIENNA = { latitude: 48.2082, longitude: 16.3738 };
const SYDNEY = { latitude: -33.8688, longitude: 151.2093 };
const at = (longitude: number, latitude = 0): Place => ({ longitude, latitude });
const over = (place: Place, zoom: number): View => ({
  x: across(place.longitude),
  y: down(place.latitude),
  zoom,
});

/** The distance of two places on the ground (haversine), in metres. */
function distance(a: Place, b: Place): number {
  const rad = (d: number) => (d * Math.PI) / 180;
  const h =
    Math.sin(rad(b.latitude - a.latitude) / 2) ** 2 +
    Math.cos(rad(a.latitude)) * Math.cos(rad(b.latitude)) * Math.sin(rad(b.longitude - a.longitude) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.sqrt(h));
}

test('a place lies where map servers have its tile', () => {
  const zoom = 14;
  const n = 2 ** zoom;
  // By the scheme that map servers share: the middles of Vienna and of Sydney.
  const tile = (p: Place) => [Math.floor(across(p.longitude) * n), Math.floor(down(p.latitude) * n)];
  expect([tile(VIENNA), tile(SYDNEY)]).toEqual([
    [8937, 5681],
    [15073, 9831],
  ]);
  expect([down(90), down(-90)].map((v) => Math.round(v * 1000))).toEqual([0, 1000]);
});

test('a point of the picture is the place that is drawn there', () => {
  for (const place of [VIENNA, SYDNEY, at(179.9, -17), at(-180)]) {
    const view = { ...over(place, 6.3), x: across(place.longitude) + 0.003 };
    const found = placeAt(project(place, view, SIZE), view, SIZE);
    expect(found.latitude).toBeCloseTo(place.latitude, 8);
    expect(found.longitude).toBeCloseTo(place.longitude, 8);
  }
});

test('places on both sides of the date line are neighbours', () => {
  const box = boxOf([at(179, -17), at(-179, -18), at(178, -16)]);
  expect(((box?.x1 ?? 0) - (box?.x0 ?? 0)) * 360).toBeCloseTo(3);
  const view = viewOf(box, SIZE, 1000);
  expect(view.x).toBeCloseTo(across(179.5), 8);
  for (const place of [at(179, -17), at(-179, -18), at(178, -16)]) {
    const { x, y } = project(place, view, SIZE);
    expect(x > 0 && x < SIZE.width && y > 0 && y < SIZE.height).toBe(true);
  }
  const line = projectLine([at(179), at(-179), at(-178)], view, SIZE).map((spot) => spot.x);
  expect(line).toEqual(line.toSorted((a, b) => a - b));
  expect((line[2] ?? 0) - (line[0] ?? 0)).toBeLessThan(SIZE.width);
});

test('a view shows all places, and of a single one as much around as is asked for', () => {
  const both = viewOf(boxOf([VIENNA, SYDNEY]), SIZE, 1000);
  for (const place of [VIENNA, SYDNEY]) {
    const { x, y } = project(place, both, SIZE);
    expect(x > 20 && x < SIZE.width - 20 && y > 20 && y < SIZE.height - 20).toBe(true);
  }
  const one = viewOf(boxOf([VIENNA]), SIZE, 2000);
  expect(project(VIENNA, one, SIZE)).toEqual({ x: expect.closeTo(380), y: expect.closeTo(190) });
  expect(metresPerUnit(one) * SIZE.width).toBeCloseTo(2000);
  const world = viewOf(undefined, SIZE, 2000);
  expect(scaleOf(world)).toBeCloseTo(SIZE.width);
});

test('a view has bounds: one world, the poles, and what must be in view', () => {
  expect(scaleOf(bounded({ x: 0.5, y: 0.5, zoom: -3 }, SIZE, 1000))).toBeCloseTo(760);
  const north = bounded({ x: -0.25, y: -4, zoom: 3 }, SIZE, 1000);
  expect(north.x).toBe(0.75);
  expect(north.y * scaleOf(north)).toBeCloseTo(SIZE.height / 2);
  const nearest = bounded(over(VIENNA, 30), SIZE, 1000);
  expect(metresPerUnit(nearest) * SIZE.width).toBeCloseTo(1000);
});

test('zooming keeps the place under the pointer, and stops at the bound', () => {
  const pointer = { x: 700, y: 60 };
  const view = over(VIENNA, 8);
  const before = placeAt(pointer, view, SIZE);
  for (const by of [1, -0.4, 2.25]) {
    const after = placeAt(pointer, zoomed(view, by, pointer, SIZE, 1000), SIZE);
    expect(after.latitude).toBeCloseTo(before.latitude, 8);
    expect(after.longitude).toBeCloseTo(before.longitude, 8);
  }
  const nearest = bounded(over(VIENNA, 30), SIZE, 1000);
  const nearer = zoomed(nearest, 1, { x: 380, y: 190 }, SIZE, 1000);
  expect(nearer).toEqual({ x: nearest.x, y: expect.closeTo(nearest.y), zoom: expect.closeTo(nearest.zoom) });
});

test('what is pushed moves along with the pointer', () => {
  const view = over(VIENNA, 8);
  const { x, y } = project(VIENNA, pushed(view, { x: 30, y: -12 }), SIZE);
  expect([x, y]).toEqual([expect.closeTo(410), expect.closeTo(178)]);
});

test('a circle is one on the ground, wherever it is', () => {
  for (const centre of [VIENNA, SYDNEY, at(179.99, 70), at(0, 0)]) {
    const ring = ringAround(centre, 25_000);
    expect(ring).toHaveLength(64);
    for (const place of ring) expect(distance(centre, place)).toBeCloseTo(25_000, 3);
    expect(ring.every((p) => p.longitude >= -180 && p.longitude <= 180)).toBe(true);
  }
  const view = over(VIENNA, 9);
  const [north] = projectLine(ringAround(VIENNA, 1000), view, SIZE);
  expect(190 - (north?.y ?? 0)).toBeCloseTo(lengthOf(1000, VIENNA.latitude, view), 0);
});

test('scales and grids are round', () => {
  expect([1, 1.9, 2, 4.99, 7, 10, 430, 2600].map(round125)).toEqual([1, 1, 2, 2, 5, 10, 200, 2000]);
  expect([0, 4, 9, 16, 40].map((zoom) => gridStep({ x: 0.5, y: 0.5, zoom }, 90))).toEqual([
    60, 10, 0.5, 0.002, 0.001,
  ]);
});

test('tiles cover the picture without a gap, and no more', () => {
  for (const zoom of [3, 9.4, 15.7]) {
    const view = over(VIENNA, zoom);
    const tiles = tilesOf(view, tileZoom(view), SIZE, 'https://tiles.example.org/{z}/{x}/{y}.png');
    expect(new Set(tiles.map((t) => t.key)).size).toBe(tiles.length);
    for (const axis of ['x', 'y'] as const) {
      const places = [...new Set(tiles.map((t) => t[axis]))].sort((a, b) => a - b);
      const most = axis === 'x' ? SIZE.width : SIZE.height;
      const side = tiles[0]?.size ?? 0;
      expect(places[0]).toBeLessThanOrEqual(0);
      expect(places[0]).toBeGreaterThan(-side);
      expect((places.at(-1) ?? 0) + side).toBeGreaterThanOrEqual(most);
      expect(places.at(-1)).toBeLessThan(most);
    }
  }
});

test('no tile is asked for that servers do not have', () => {
  expect([-1, 0.4, 7.6, 18].map((zoom) => tileZoom({ x: 0.5, y: 0.5, zoom }))).toEqual([0, 0, 8, 16]);
  const view = over(at(179.99, -17), 5);
  const columns = tilesOf(view, 5, SIZE, '{z}/{x}/{y}').map((t) => Number(t.url.split('/')[1]));
  expect(columns.every((c) => c >= 0 && c < 32)).toBe(true);
  expect(columns).toContain(0);
  expect(columns).toContain(31);
  const rows = tilesOf(over(at(0, 84), 2), 2, SIZE, '{z}/{x}/{y}').map((t) => Number(t.url.split('/')[2]));
  expect(Math.min(...rows)).toBe(0);
});

test('an edge is straight in degrees and goes the shorter way round', () => {
  const corners = [
    { latitude: 45, longitude: 10 },
    { latitude: 55, longitude: 20 },
    { latitude: 45, longitude: -178 },
    { latitude: 45, longitude: 179 },
  ];
  const line = straight(corners);
  expect(line).toContainEqual({ latitude: 50, longitude: 15 });
  expect(line.filter(({ latitude, longitude }) => latitude === 45 && longitude < -178)).toEqual([
    { latitude: 45, longitude: -179 },
    { latitude: 45, longitude: -180 },
  ]);
});
