/** Web Mercator (EPSG:3857) in units of the whole world: 0 to 1 from the west, and from the north. */

export interface Place {
  latitude: number;
  longitude: number;
}

export interface Size {
  width: number;
  height: number;
}

/** A point of a picture, or a way in it. */
export interface Spot {
  x: number;
  y: number;
}

/** What a picture shows: the place in its middle, and how near. At zoom 0 the world is as wide as one tile, at each next twice that. */
export interface View extends Spot {
  zoom: number;
}

/** A part of the world; beyond its east and west the world goes on. */
export interface Box {
  x0: number;
  x1: number;
  y0: number;
  y1: number;
}

/** Where the square world ends. */
const NORTH = 85.0511;
const EQUATOR = 40_075_017;
const RADIUS = 6_371_008.8;

export const TILE = 256;
/** The nearest zoom for which servers have tiles. */
const DEEPEST = 16;
const STEPS = 64;

const radians = (degrees: number) => (degrees * Math.PI) / 180;
const degrees = (angle: number) => (angle * 180) / Math.PI;
const clamp = (n: number, least: number, most: number) => Math.max(least, Math.min(most, n));

export const across = (longitude: number) => (longitude + 180) / 360;

export function down(latitude: number): number {
  const angle = radians(clamp(latitude, -NORTH, NORTH));
  return (1 - Math.log(Math.tan(angle) + 1 / Math.cos(angle)) / Math.PI) / 2;
}

export const latitudeAt = (y: number) => degrees(Math.atan(Math.sinh(Math.PI * (1 - 2 * y))));
export const longitudeAt = (x: number) => 360 * (x - Math.floor(x)) - 180;

/** How wide the whole world is in the picture. */
export const scaleOf = (view: View) => TILE * 2 ** view.zoom;

/** Metres of the ground that are as wide as the world at a latitude. */
const girth = (y: number) => EQUATOR * Math.cos(radians(latitudeAt(y)));

export const metresPerUnit = (view: View) => girth(view.y) / scaleOf(view);

/** How long a distance at a latitude is in the picture. */
export const lengthOf = (metres: number, latitude: number, view: View) =>
  (metres / girth(down(latitude))) * scaleOf(view);

/** The same x, round the world as near to another as it gets. */
export const near = (x: number, other: number) => x + Math.round(other - x);

/** Where a place lies in the picture: of all its copies the one nearest to the middle. */
export function project(at: Place, view: View, { width, height }: Size): Spot {
  const scale = scaleOf(view);
  return {
    x: (near(across(at.longitude), view.x) - view.x) * scale + width / 2,
    y: (down(at.latitude) - view.y) * scale + height / 2,
  };
}

/** The corners of a line in the picture, which is not torn where the world begins anew. */
export function projectLine(places: Place[], view: View, size: Size): Spot[] {
  const scale = scaleOf(view);
  const first = places[0] ? across(places[0].longitude) : 0;
  const shift = near(first, view.x) - first;
  return unwrapped(places).map(({ x, y }) => ({
    x: (x + shift - view.x) * scale + size.width / 2,
    y: (y - view.y) * scale + size.height / 2,
  }));
}

/** Places in units of the world, each as near to the one before as it gets. */
export function unwrapped(places: Place[]): Spot[] {
  let before: number | undefined;
  return places.map((at) => {
    const x = near(across(at.longitude), before ?? across(at.longitude));
    before = x;
    return { x, y: down(at.latitude) };
  });
}

/** A polygon whose edges are straight where degrees are a square grid, as the server judges it: maps bend them a little. */
export function straight(corners: Place[]): Place[] {
  return corners.flatMap((from, i) => {
    const to = corners[(i + 1) % corners.length] ?? from;
    const up = to.latitude - from.latitude;
    const turn = to.longitude - from.longitude;
    const along = turn - 360 * Math.round(turn / 360); // the shorter way
    const parts = Math.ceil(Math.max(Math.abs(up), Math.abs(along), 1)); // a degree each at the most
    return Array.from({ length: parts }, (_, part) => ({
      latitude: from.latitude + (up * part) / parts,
      longitude: from.longitude + (along * part) / parts,
    }));
  });
}

/** The place at a point of the picture. */
export function placeAt(spot: Spot, view: View, { width, height }: Size): Place {
  const scale = scaleOf(view);
  return {
    latitude: latitudeAt(clamp(view.y + (spot.y - height / 2) / scale, 0, 1)),
    longitude: longitudeAt(view.x + (spot.x - width / 2) / scale),
  };
}

/** The smallest part of the world with all the places in it: it may lie across the edge of maps. */
export function boxOf(places: Place[]): Box | undefined {
  const xs = places.map((p) => across(p.longitude)).sort((a, b) => a - b);
  const ys = places.map((p) => down(p.latitude));
  const [first, last] = [xs[0], xs.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  // What is left out is the widest gap between neighbours, of which the last has the first for its next.
  let [x0, x1, widest] = [first, last, first + 1 - last];
  for (let i = 1; i < xs.length; i++) {
    const [west, east] = [xs[i - 1] ?? 0, xs[i] ?? 0];
    if (east - west > widest) [x0, x1, widest] = [east, west + 1, east - west];
  }
  return { x0, x1, y0: Math.min(...ys), y1: Math.max(...ys) };
}

/** The zoom at which so many metres at y are as wide as the picture. */
const zoomTo = (metres: number, y: number, { width }: Size) =>
  Math.log2((width * girth(y)) / Math.max(metres, 1) / TILE);

/** What of a picture stays free around a part of the world: buttons lie there, and marks are higher than their places. */
const MARGIN = { x: 60, y: 40 };

const WORLD: View = { x: 0.5, y: 0.42, zoom: 0 };

/** A view of a part of the world with some land around, which is at least so many metres wide; without a part, the world. */
export function viewOf(box: Box | undefined, size: Size, metres: number): View {
  if (!box) return bounded(WORLD, size, metres);
  const [x, y] = [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2];
  const zoom = Math.min(
    Math.log2((size.width - 2 * MARGIN.x) / (box.x1 - box.x0) / TILE),
    Math.log2((size.height - 2 * MARGIN.y) / (box.y1 - box.y0) / TILE),
  );
  return bounded({ x, y, zoom }, size, metres);
}

/** The nearest view that may be: no narrower than so many metres, no wider than one world, and never beyond the poles. */
export function bounded(view: View, size: Size, metres: number): View {
  const whole = Math.log2(Math.max(size.width, size.height) / TILE);
  const zoom = clamp(view.zoom, whole, Math.max(whole, zoomTo(metres, view.y, size)));
  const half = size.height / 2 / (TILE * 2 ** zoom);
  return {
    x: view.x - Math.floor(view.x),
    y: clamp(view.y, Math.min(half, 0.5), Math.max(1 - half, 0.5)),
    zoom,
  };
}

/** The view after the picture was pushed along. */
export const pushed = (view: View, by: Spot): View => ({
  ...view,
  x: view.x - by.x / scaleOf(view),
  y: view.y - by.y / scaleOf(view),
});

/** The view nearer by so much, as far as it may be, with the same place at a point of the picture as before. */
export function zoomed(view: View, by: number, at: Spot, size: Size, metres: number): View {
  const { zoom } = bounded({ ...view, zoom: view.zoom + by }, size, metres);
  const shift = (1 - 2 ** (view.zoom - zoom)) / scaleOf(view);
  const x = view.x + (at.x - size.width / 2) * shift;
  const y = view.y + (at.y - size.height / 2) * shift;
  return bounded({ x, y, zoom }, size, metres);
}

/** A circle on the ground, as a line of places. */
export function ringAround(centre: Place, metres: number): Place[] {
  const [latitude, longitude] = [radians(centre.latitude), radians(centre.longitude)];
  const angle = metres / RADIUS;
  return Array.from({ length: STEPS }, (_, i) => {
    const bearing = (2 * Math.PI * i) / STEPS;
    const sine =
      Math.sin(latitude) * Math.cos(angle) + Math.cos(latitude) * Math.sin(angle) * Math.cos(bearing);
    const east = Math.atan2(
      Math.sin(bearing) * Math.sin(angle) * Math.cos(latitude),
      Math.cos(angle) - Math.sin(latitude) * sine,
    );
    return {
      latitude: degrees(Math.asin(clamp(sine, -1, 1))),
      longitude: longitudeAt(across(degrees(longitude + east))),
    };
  });
}

/** The greatest of 1, 2 and 5 times a power of ten that is no more than this. */
export function round125(most: number): number {
  const ten = 10 ** Math.floor(Math.log10(most));
  const times = most / ten;
  return (times >= 5 ? 5 : times >= 2 ? 2 : 1) * ten;
}

/** How many degrees apart the lines of a grid are, so that they are at least so far from each other in the picture. */
export function gridStep(view: View, apart: number): number {
  const least = (apart / scaleOf(view)) * 360;
  const steps = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
  return steps.findLast((step) => step >= least) ?? 60;
}

export interface Tile extends Spot {
  key: string;
  url: string;
  size: number;
}

/** The zoom of the tiles that fit a view best. */
export const tileZoom = (view: View) => clamp(Math.round(view.zoom), 0, DEEPEST);

/** The tiles of one zoom that a view needs, and where they lie in the picture. */
export function tilesOf(view: View, zoom: number, { width, height }: Size, template: string): Tile[] {
  const n = 2 ** zoom;
  const size = scaleOf(view) / n;
  const left = view.x * scaleOf(view) - width / 2;
  const top = view.y * scaleOf(view) - height / 2;
  const tiles: Tile[] = [];
  for (let row = Math.max(0, Math.floor(top / size)); row < n && row * size < top + height; row++) {
    for (let column = Math.floor(left / size); column * size < left + width; column++) {
      const url = template
        .replace('{z}', String(zoom))
        .replace('{x}', String(((column % n) + n) % n))
        .replace('{y}', String(row));
      tiles.push({
        key: `${zoom} ${column} ${row}`,
        url,
        x: column * size - left,
        y: row * size - top,
        size,
      });
    }
  }
  return tiles;
}
