/** Web Mercator (EPSG:3857) in units of the whole world: 0 to 1 from the west, and from the north. */

export interface Place {
  latitude: number;
  longitude: number;
}

/** Where the square world ends. */
const NORTH = 85.0511;

export const across = (longitude: number) => (longitude + 180) / 360;

export function down(latitude: number): number {
  const angle = (Math.max(-NORTH, Math.min(NORTH, latitude)) * Math.PI) / 180;
  return (1 - Math.log(Math.tan(angle) + 1 / Math.cos(angle)) / Math.PI) / 2;
}

/** What of the world a picture shows: its corner, and picture units for the whole world. */
export interface View {
  left: number;
  top: number;
  scale: number;
}

export const TILE = 256;
const DEEPEST = 16;

/** A view of the places with some land around; the smaller `least` (a part of the world), the nearer. */
export function viewOf(points: Place[], width: number, height: number, least: number): View {
  const xs = points.map((p) => across(p.longitude));
  const ys = points.map((p) => down(p.latitude));
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(
    width / Math.max((x1 - x0) * 1.3, least),
    height / Math.max((y1 - y0) * 1.3, least / 2),
  );
  return { left: (x0 + x1) / 2 - width / 2 / scale, top: (y0 + y1) / 2 - height / 2 / scale, scale };
}

/** The same middle at a scale for which there are tiles: the next coarser one. */
export function snapped(view: View, width: number, height: number): View & { zoom: number } {
  const zoom = Math.max(0, Math.min(DEEPEST, Math.floor(Math.log2(view.scale / TILE))));
  const scale = TILE * 2 ** zoom;
  const [x, y] = [view.left + width / 2 / view.scale, view.top + height / 2 / view.scale];
  return { left: x - width / 2 / scale, top: y - height / 2 / scale, scale, zoom };
}

export interface Tile {
  url: string;
  x: number;
  y: number;
}

/** The tiles that a view needs, and where they lie in the picture. The world goes on beyond its east and west. */
export function tilesOf(
  view: View & { zoom: number },
  width: number,
  height: number,
  template: string,
): Tile[] {
  const n = 2 ** view.zoom;
  const tiles: Tile[] = [];
  for (let row = Math.floor(view.top * n); row * TILE < view.top * view.scale + height; row++) {
    if (row < 0 || row >= n) continue;
    for (let column = Math.floor(view.left * n); column * TILE < view.left * view.scale + width; column++) {
      tiles.push({
        url: template
          .replace('{z}', String(view.zoom))
          .replace('{x}', String(((column % n) + n) % n))
          .replace('{y}', String(row)),
        x: column * TILE - view.left * view.scale,
        y: row * TILE - view.top * view.scale,
      });
    }
  }
  return tiles;
}
