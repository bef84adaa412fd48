import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import outlines from 'world-atlas/land-50m.json';
import type { PersonalEntry } from '../../api/types';
import { exactly } from '../../ui/time';
import classes from './personal.module.css';

type Ring = [number, number][];

const world = outlines as unknown as Topology<{ land: GeometryCollection }>;

/** The coasts of the world: rings of longitude and latitude. They come with the dashboard, so that no map server learns of a position. */
const COASTS: Ring[] = feature(world, world.objects.land).features.flatMap((f) => {
  if (f.geometry.type === 'MultiPolygon') return f.geometry.coordinates.flat() as Ring[];
  return f.geometry.type === 'Polygon' ? (f.geometry.coordinates as Ring[]) : [];
});

const WIDTH = 760;
const HEIGHT = 380;
/** The least that is shown, in degrees: without a coast in sight a map says nothing. */
const LEAST = 12;
const METRES_OF_A_DEGREE = 111_320;

interface View {
  west: number;
  north: number;
  /** Picture units of a degree. */
  scale: number;
  squeeze: number;
}

/** A view that holds all positions, true in shape at their middle. */
function viewOf(points: { latitude: number; longitude: number }[]): View {
  const lats = points.map((p) => p.latitude);
  const lons = points.map((p) => p.longitude);
  const lat = (Math.min(...lats) + Math.max(...lats)) / 2;
  const lon = (Math.min(...lons) + Math.max(...lons)) / 2;
  const squeeze = Math.max(Math.cos((lat * Math.PI) / 180), 0.1);
  const high = Math.max((Math.max(...lats) - Math.min(...lats)) * 1.3, LEAST);
  const wide = Math.max((Math.max(...lons) - Math.min(...lons)) * 1.3 * squeeze, LEAST);
  const scale = Math.min(HEIGHT / high, WIDTH / wide);
  return { west: lon - WIDTH / 2 / scale / squeeze, north: lat + HEIGHT / 2 / scale, scale, squeeze };
}

/** Positions on the outlines of the land. */
export default function Positions({ entries }: { entries: PersonalEntry[] }) {
  const points = entries.flatMap((e) => (e.position ? [{ ...e.position, id: e.id, at: e.at }] : []));
  const view = viewOf(points);
  const x = (lon: number) => (lon - view.west) * view.scale * view.squeeze;
  const y = (lat: number) => (view.north - lat) * view.scale;
  const inside = (ring: Ring) =>
    ring.some(
      ([lon, lat]) => Math.abs(x(lon) - WIDTH / 2) < 2 * WIDTH && Math.abs(y(lat) - HEIGHT / 2) < 2 * HEIGHT,
    ) || ring.length > 500; // a continent around the view has no point in it
  const land = COASTS.filter(inside)
    .map((ring) => `M${ring.map(([lon, lat]) => `${x(lon).toFixed(1)},${y(lat).toFixed(1)}`).join('L')}Z`)
    .join('');
  const east = view.west + WIDTH / view.scale / view.squeeze;
  const south = view.north - HEIGHT / view.scale;
  const lines = (from: number, to: number) =>
    Array.from(
      { length: Math.max(0, Math.floor(to / 5) - Math.ceil(from / 5) + 1) },
      (_, i) => (Math.ceil(from / 5) + i) * 5,
    );
  return (
    <svg
      className={classes.map}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Map with ${points.length} positions; each is in the list below`}
    >
      <path d={land} className={classes.land} fillRule="evenodd" />
      {lines(view.west, east).map((lon) => (
        <line key={`lon${lon}`} x1={x(lon)} x2={x(lon)} y1={0} y2={HEIGHT} className={classes.net} />
      ))}
      {lines(south, view.north).map((lat) => (
        <line key={`lat${lat}`} y1={y(lat)} y2={y(lat)} x1={0} x2={WIDTH} className={classes.net} />
      ))}
      {[...points].reverse().map((p) => (
        <g key={p.id}>
          <circle
            cx={x(p.longitude)}
            cy={y(p.latitude)}
            r={Math.max((p.accuracy / METRES_OF_A_DEGREE) * view.scale, 9)}
            className={classes.within}
          />
          <circle
            cx={x(p.longitude)}
            cy={y(p.latitude)}
            r={4}
            className={p === points[0] ? classes.last : classes.point}
          >
            <title>{exactly(p.at)}</title>
          </circle>
        </g>
      ))}
    </svg>
  );
}
