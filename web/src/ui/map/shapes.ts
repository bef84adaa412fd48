/** Outlines of countries, cut to what a picture shows, and where there is room for their names. */

import { near, scaleOf, TILE, type Box, type Size, type Spot, type View } from './mercator';

/** A line that ends where it begins. */
export type Ring = Spot[];

export interface Shape extends Box {
  name: string;
  rings: (Box & { ring: Ring })[];
}

/** What is nearer than this to the point before, in the picture, is left out. */
const FINE = 1;

export function boundsOf(ring: Ring): Box {
  const box = { x0: Infinity, x1: -Infinity, y0: Infinity, y1: -Infinity };
  for (const { x, y } of ring) {
    if (x < box.x0) box.x0 = x;
    if (x > box.x1) box.x1 = x;
    if (y < box.y0) box.y0 = y;
    if (y > box.y1) box.y1 = y;
  }
  return box;
}

/** The part of a ring on one side of a line (Sutherland and Hodgman's way of clipping). */
function half(ring: Ring, axis: 'x' | 'y', at: number, sign: 1 | -1): Ring {
  const out: Ring = [];
  let before = ring.at(-1);
  for (const point of ring) {
    const inside = (point[axis] - at) * sign >= 0;
    if (before && inside !== (before[axis] - at) * sign >= 0) {
      const part = (at - before[axis]) / (point[axis] - before[axis]);
      out.push({ x: before.x + (point.x - before.x) * part, y: before.y + (point.y - before.y) * part });
    }
    if (inside) out.push(point);
    before = point;
  }
  return out;
}

/** The part of a ring within a box. */
export function clipped(ring: Ring, box: Box): Ring {
  const own = boundsOf(ring);
  let out = ring;
  if (own.x0 < box.x0) out = half(out, 'x', box.x0, 1);
  if (own.x1 > box.x1) out = half(out, 'x', box.x1, -1);
  if (own.y0 < box.y0) out = half(out, 'y', box.y0, 1);
  if (own.y1 > box.y1) out = half(out, 'y', box.y1, -1);
  return out;
}

/** A whole zoom and a place on a coarse net: what is drawn for one frame can be pushed and stretched until the next is due. */
export interface Frame extends Spot {
  zoom: number;
  box: Box;
}

export function frameOf(view: View, { width, height }: Size): Frame {
  const zoom = Math.round(view.zoom);
  const scale = TILE * 2 ** zoom;
  const [stepX, stepY] = [width / 2 / scale, height / 2 / scale];
  const [x, y] = [Math.round(view.x / stepX) * stepX, Math.round(view.y / stepY) * stepY];
  return { x, y, zoom, box: { x0: x - 2 * stepX, x1: x + 2 * stepX, y0: y - 2 * stepY, y1: y + 2 * stepY } };
}

export interface Piece {
  name: string;
  ring: Ring;
}

const touches = (a: Box, b: Box, shift: number) =>
  a.x0 + shift < b.x1 && a.x1 + shift > b.x0 && a.y0 < b.y1 && a.y1 > b.y0;

/** What a frame shows of all shapes and of their copies round the world, in its own picture units from its middle. */
export function piecesOf(shapes: Shape[], frame: Frame): Piece[] {
  const scale = TILE * 2 ** frame.zoom;
  const pieces: Piece[] = [];
  for (const shape of shapes) {
    for (const shift of [-1, 0, 1]) {
      if (!touches(shape, frame.box, shift)) continue;
      for (const part of shape.rings) {
        if (!touches(part, frame.box, shift)) continue;
        const ring = thinned(part.ring, shift - frame.x, frame.y, scale);
        const cut = clipped(ring, {
          x0: (frame.box.x0 - frame.x) * scale,
          x1: (frame.box.x1 - frame.x) * scale,
          y0: (frame.box.y0 - frame.y) * scale,
          y1: (frame.box.y1 - frame.y) * scale,
        });
        if (cut.length > 2) pieces.push({ name: shape.name, ring: cut });
      }
    }
  }
  return pieces;
}

function thinned(ring: Ring, shift: number, top: number, scale: number): Ring {
  const out: Ring = [];
  let last: Spot = { x: Infinity, y: Infinity };
  for (const point of ring) {
    const spot = { x: (point.x + shift) * scale, y: (point.y - top) * scale };
    if (Math.abs(spot.x - last.x) < FINE && Math.abs(spot.y - last.y) < FINE) continue;
    out.push(spot);
    last = spot;
  }
  return out;
}

export const pathOf = (ring: Ring) =>
  ring.length ? `M${ring.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join('L')}Z` : '';

/** How a frame's picture is laid below a view: where its middle is, and how often as large. */
interface Lay extends Spot {
  times: number;
}

export function layOf(frame: Frame, view: View, { width, height }: Size): Lay {
  const scale = scaleOf(view);
  return {
    x: (near(frame.x, view.x) - view.x) * scale + width / 2,
    y: (frame.y - view.y) * scale + height / 2,
    times: 2 ** (view.zoom - frame.zoom),
  };
}

function area(ring: Ring): number {
  let sum = 0;
  let before = ring.at(-1);
  for (const point of ring) {
    if (before) sum += before.x * point.y - point.x * before.y;
    before = point;
  }
  return Math.abs(sum / 2);
}

/** The widest stretch inside a ring at a height. */
function stretch(ring: Ring, y: number): { from: number; to: number } {
  const cuts: number[] = [];
  let before = ring.at(-1);
  for (const point of ring) {
    if (before && before.y > y !== point.y > y) {
      cuts.push(before.x + ((point.x - before.x) * (y - before.y)) / (point.y - before.y));
    }
    before = point;
  }
  cuts.sort((a, b) => a - b);
  let widest = { from: 0, to: 0 };
  for (let i = 1; i < cuts.length; i += 2) {
    const [from, to] = [cuts[i - 1] ?? 0, cuts[i] ?? 0];
    if (to - from > widest.to - widest.from) widest = { from, to };
  }
  return widest;
}

export interface Label extends Spot {
  name: string;
}

/** Above this the degrees of the grid stand. */
const DEGREES = 18;
/** How much room a letter of a name takes, about. */
const LETTER = 7;
const LINE = 16;
/** Where in a land its name is tried, the middle first: how high, and how far along the stretch that it has there. */
const HEIGHTS = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8];
const ALONG = [0.5, 0.2, 0.8];

const apart = (a: Box, b: Box) => a.x1 < b.x0 || a.x0 > b.x1 || a.y1 < b.y0 || a.y0 > b.y1;

/** The names for which there is room in the picture beside what is drawn there already, the largest lands first. */
export function labelsOf(pieces: Piece[], lay: Lay, size: Size, drawn: Box[]): Label[] {
  const window = { x0: 4, x1: size.width - 4, y0: DEGREES, y1: size.height - 4 };
  const largest = new Map<string, { ring: Ring; area: number }>();
  for (const { name, ring } of pieces) {
    const seen = clipped(
      ring.map((p) => ({ x: p.x * lay.times + lay.x, y: p.y * lay.times + lay.y })),
      window,
    );
    const found = { ring: seen, area: area(seen) };
    if (found.area > (largest.get(name)?.area ?? LINE * LINE)) largest.set(name, found);
  }
  const taken = [...drawn];
  const labels: Label[] = [];
  for (const [name, { ring }] of [...largest].sort(([, a], [, b]) => b.area - a.area)) {
    const room = roomFor(name, ring, taken);
    if (!room) continue;
    taken.push(room);
    labels.push({ name, x: (room.x0 + room.x1) / 2, y: (room.y0 + room.y1) / 2 });
  }
  return labels;
}

function roomFor(name: string, ring: Ring, taken: Box[]): Box | undefined {
  const wide = name.length * LETTER;
  const { y0, y1 } = boundsOf(ring);
  if (y1 - y0 < LINE) return undefined;
  for (const height of HEIGHTS) {
    const y = y0 + (y1 - y0) * height;
    const { from, to } = stretch(ring, y);
    if (to - from < wide) continue;
    for (const along of ALONG) {
      const left = from + (to - from - wide) * along;
      const room = { x0: left, x1: left + wide, y0: y - LINE / 2, y1: y + LINE / 2 };
      if (taken.every((other) => apart(room, other))) return room;
    }
  }
  return undefined;
}
