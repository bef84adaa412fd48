import { createEvent, fireEvent, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { serve, show } from '../../test/show';
import AreaMap, { type Area } from './AreaMap';
import { PositionMap, type Position, type PositionWords } from './PositionMap';
import { english } from './words';

afterEach(() => vi.unstubAllGlobals());

const words: PositionWords = {
  ...english,
  positions: (count) => `Map with ${count}`,
  newest: 'The pin is the newest.',
};

/** The outline is much to load. */
const LOADING = { timeout: 10_000 };

const VIENNA = { id: 'v', latitude: 48.2082, longitude: 16.3738, accuracy: 20, when: 'today' };
const LINZ = { id: 'l', latitude: 48.3069, longitude: 14.2858, accuracy: 1000, when: 'yesterday' };
const TILES = { url: 'https://tiles.example.org/{z}/{x}/{y}.png', attribution: 'Surveyors' };

async function positions(list: Position[], tiles?: typeof TILES) {
  show(<PositionMap positions={list} tiles={tiles} words={words} />);
  return screen.findByRole('application', { name: `Map with ${list.length}` });
}

/** Where what is titled so lies in the picture. */
function spot(title: string): { x: number; y: number } {
  const group = screen.getByText(title).closest('g[transform]');
  const [x = NaN, y = NaN] = (group?.getAttribute('transform') ?? '').match(/-?[\d.]+/g)?.map(Number) ?? [];
  return { x, y };
}

const apart = () => spot('today').x - spot('yesterday').x;

/** Turns the wheel over the middle; tells whether the page may scroll. The environment's wheel has no place of its own. */
const turn = (map: Element, deltaY: number) =>
  fireEvent(map, Object.assign(createEvent.wheel(map, { deltaY }), { clientX: 320, clientY: 160 }));

const images = (map: Element) => [...map.querySelectorAll('image')];
const zooms = (map: Element) => images(map).map((i) => i.getAttribute('href')?.split('/')[3]);

it('shows all positions, and the newest under a pin', async () => {
  const map = await positions([VIENNA, LINZ]);
  for (const { x, y } of [spot('today'), spot('yesterday')]) {
    expect(x > 0 && x < 640 && y > 0 && y < 320).toBe(true);
  }
  expect(apart()).toBeGreaterThan(0);
  expect(map.querySelectorAll('path[d^="M0,0C"]')).toHaveLength(1);
  expect(screen.getByText('The pin is the newest.')).toBeTruthy();
  expect(await screen.findByText('Austria', {}, LOADING)).toBeTruthy();
});

it('zooms by buttons, keys, wheel and double click, and goes back', async () => {
  const map = await positions([VIENNA, LINZ]);
  const first = apart();
  await userEvent.click(screen.getByRole('button', { name: 'Zoom in' }));
  expect(apart()).toBeCloseTo(2 * first);
  await userEvent.click(screen.getByRole('button', { name: 'Zoom out' }));
  expect(apart()).toBeCloseTo(first);
  fireEvent.keyDown(map, { key: '+' });
  expect(apart()).toBeCloseTo(2 * first);
  fireEvent.keyDown(map, { key: '-' });
  fireEvent.doubleClick(map, { clientX: 320, clientY: 160 });
  expect(apart()).toBeCloseTo(2 * first);
  expect(turn(map, -250)).toBe(false);
  expect(apart()).toBeCloseTo(4 * first);
  await userEvent.click(screen.getByRole('button', { name: 'Show all' }));
  expect(apart()).toBeCloseTo(first);
});

it('leaves to the page what it cannot do itself', async () => {
  const map = await positions([VIENNA]);
  for (let i = 0; i < 12; i++) fireEvent.keyDown(map, { key: '-' });
  expect(turn(map, 100)).toBe(true);
  expect(fireEvent.keyDown(map, { key: '+', ctrlKey: true })).toBe(true);
  expect(fireEvent.keyDown(map, { key: 'Tab' })).toBe(true);
  expect(fireEvent.keyDown(map, { key: 'ArrowLeft' })).toBe(false);
});

it('is pushed by a pointer and by the arrow keys', async () => {
  const map = await positions([VIENNA]);
  const { x, y } = spot('today');
  fireEvent.pointerDown(map, { pointerId: 1, clientX: 100, clientY: 100 });
  fireEvent.pointerMove(map, { pointerId: 1, clientX: 140, clientY: 85 });
  fireEvent.pointerUp(map, { pointerId: 1 });
  fireEvent.pointerMove(map, { pointerId: 1, clientX: 300, clientY: 300 });
  expect(spot('today')).toEqual({ x: expect.closeTo(x + 40, 3), y: expect.closeTo(y - 15, 3) });
  fireEvent.keyDown(map, { key: 'ArrowRight' });
  expect(spot('today').x).toBeCloseTo(x - 20, 3);
  fireEvent.keyDown(map, { key: '0' });
  expect(spot('today')).toEqual({ x: expect.closeTo(x, 3), y: expect.closeTo(y, 3) });
});

it('is zoomed by two fingers, about what lies between them', async () => {
  const map = await positions([VIENNA, LINZ]);
  const first = apart();
  fireEvent.pointerDown(map, { pointerId: 1, clientX: 300, clientY: 160 });
  fireEvent.pointerDown(map, { pointerId: 2, clientX: 340, clientY: 160 });
  fireEvent.pointerMove(map, { pointerId: 1, clientX: 280, clientY: 160 });
  fireEvent.pointerMove(map, { pointerId: 2, clientX: 360, clientY: 160 });
  expect(apart()).toBeCloseTo(2 * first);
});

it('goes no nearer than positions are exact', async () => {
  const far = await positions([{ ...LINZ, accuracy: 3000 }]);
  for (let i = 0; i < 20; i++) fireEvent.keyDown(far, { key: '+' });
  const radius = Number(far.querySelector('g > circle')?.getAttribute('r'));
  expect(2 * radius).toBeCloseTo(640 / 6, 0);
});

it('draws on tiles at every zoom, and keeps those that it has until the next have come', async () => {
  const map = await positions([VIENNA], TILES);
  const [first] = new Set(zooms(map));
  expect(new Set(zooms(map)).size).toBe(1);
  expect(screen.getByRole('status').textContent).toBe('Surveyors');
  images(map).forEach((image) => fireEvent.load(image));
  const count = images(map).length;
  fireEvent.keyDown(map, { key: '-' });
  expect(new Set(zooms(map))).toEqual(new Set([first, String(Number(first) - 1)]));
  expect(zooms(map).filter((zoom) => zoom === first)).toHaveLength(count);
  const [due] = images(map).slice(-1);
  if (due) fireEvent.error(due);
  expect(screen.getByRole('status').textContent).toContain('A part of the map cannot be fetched.');
});

it('draws the outline when no tile comes, and says so', async () => {
  const map = await positions([VIENNA], TILES);
  images(map).forEach((image) => fireEvent.error(image));
  expect(images(map)).toHaveLength(0);
  expect(screen.getByRole('status').textContent).toContain('No map can be fetched from tiles.example.org');
  expect(await screen.findByText('Austria', {}, LOADING)).toBeTruthy();
});

async function area(what: Area | null, onPick?: (at: { latitude: number; longitude: number }) => void) {
  serve({ 'GET /zone/map': { body: { url: '', attribution: '' } } });
  show(<AreaMap area={what} onPick={onPick} />);
  return screen.findByRole('application');
}

it('draws a circle as high as there is room', async () => {
  const map = await area({ latitude: 48.2082, longitude: 16.3738, metres: 5000 });
  const points = map.querySelector('polygon')?.getAttribute('points')?.split(' ') ?? [];
  const ys = points.map((p) => Number(p.split(',')[1]));
  expect(points).toHaveLength(64);
  expect(Math.max(...ys) - Math.min(...ys)).toBeCloseTo(320 - 2 * 40, 0);
});

it('draws the corners of an area with their numbers', async () => {
  const corners = [VIENNA, LINZ, { latitude: 47.0707, longitude: 15.4395 }];
  const map = await area({ points: corners });
  expect([...map.querySelectorAll('g > circle + text')].map((t) => t.textContent)).toEqual(['1', '2', '3']);
});

it('hands on the place of a click, of a key, and of nothing else', async () => {
  const onPick = vi.fn();
  const map = await area(null, onPick);
  expect(map.getAttribute('aria-label')).toBe('Map of the world');
  fireEvent.keyDown(map, { key: 'Enter' });
  expect(onPick).toHaveBeenLastCalledWith({ latitude: expect.any(Number), longitude: expect.closeTo(0) });
  fireEvent.pointerDown(map, { pointerId: 1, clientX: 480, clientY: 100 });
  fireEvent.pointerUp(map, { pointerId: 1 });
  fireEvent.click(map, { clientX: 480, clientY: 100 });
  expect(onPick).toHaveBeenLastCalledWith({ latitude: expect.any(Number), longitude: expect.closeTo(90) });
  fireEvent.pointerDown(map, { pointerId: 1, clientX: 480, clientY: 100 });
  fireEvent.pointerMove(map, { pointerId: 1, clientX: 400, clientY: 100 });
  fireEvent.pointerUp(map, { pointerId: 1 });
  fireEvent.click(map, { clientX: 400, clientY: 100 });
  expect(onPick).toHaveBeenCalledTimes(2);
});
