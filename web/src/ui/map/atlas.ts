import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import outlines from 'world-atlas/countries-50m.json';
import { unwrapped } from './mercator';
import { boundsOf, type Ring, type Shape } from './shapes';

interface Known {
  name: string;
}

const world = outlines as unknown as Topology<{ countries: GeometryCollection<Known> }>;

/** A ring that goes round a pole is closed through it. */
function closed(ring: Ring): Ring {
  const [first, last] = [ring[0], ring.at(-1)];
  if (!first || !last || Math.abs(last.x - first.x) < 0.5) return ring;
  const pole = first.y > 0.5 ? 1 : 0;
  return [...ring, { x: last.x, y: pole }, { x: first.x, y: pole }];
}

const ringOf = (line: number[][]): Ring =>
  closed(unwrapped(line.map(([longitude = 0, latitude = 0]) => ({ longitude, latitude }))));

/** What people of a language call a country, by its number (ISO 3166-1); the atlas' own word where the browser knows none. */
function nameOf(id: string | number | undefined, own: string, names: Intl.DisplayNames): string {
  if (id === undefined) return own;
  const { region } = new Intl.Locale('und', { region: String(id).padStart(3, '0') });
  return (region && !/\d/.test(region) && names.of(region)) || own;
}

/** The countries of the world. They come with the pages, so that no map server learns of a place. */
export function countries(language: string): Shape[] {
  const names = new Intl.DisplayNames(language, { type: 'region' });
  return feature(world, world.objects.countries).features.flatMap(({ geometry, id, properties }) => {
    const lines =
      geometry.type === 'MultiPolygon'
        ? geometry.coordinates.flat()
        : geometry.type === 'Polygon'
          ? geometry.coordinates
          : [];
    const rings = lines.map(ringOf).map((ring) => ({ ring, ...boundsOf(ring) }));
    return [{ name: nameOf(id, properties.name, names), rings, ...boundsOf(rings.flatMap(cornersOf)) }];
  });
}

const cornersOf = (box: { x0: number; x1: number; y0: number; y1: number }): Ring => [
  { x: box.x0, y: box.y0 },
  { x: box.x1, y: box.y1 },
];
