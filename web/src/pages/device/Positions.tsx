import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import outlines from 'world-atlas/land-50m.json';
import type { PersonalEntry } from '../../api/types';
import { mapTiles } from '../../api/zone';
import { exactly } from '../../ui/time';
import { across, down, snapped, TILE, tilesOf, viewOf, type Tile, type View } from './mercator';
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
/** The least that the outline shows of the world, some 25 degrees: without a coast in sight it says nothing. */
const OUTLINE = 0.07;
/** The least that tiles show, some 2 km: nearer, a coarse position would seem to be exact. */
const STREETS = 0.00005;
const EQUATOR = 40_075_017;
/** After this, a server that has sent no tile counts as one that cannot be reached. */
const PATIENCE_MS = 10_000;

type Point = NonNullable<PersonalEntry['position']> & { id: string; at: string };

/** Positions on the operator's own map, or on the outline of the land that comes with the dashboard. */
export default function Positions({ entries }: { entries: PersonalEntry[] }) {
  const server = useQuery(mapTiles);
  const points = entries.flatMap((e) => (e.position ? [{ ...e.position, id: e.id, at: e.at }] : []));
  const view = viewOf(points, WIDTH, HEIGHT, OUTLINE);
  if (server.isPending) return null;
  if (!server.data?.url) return <Picture points={points} view={view} />;
  return <Tiled key={server.data.url} points={points} outline={view} {...server.data} />;
}

interface TiledProps {
  points: Point[];
  outline: View;
  url: string;
  attribution: string;
}

function Tiled({ points, outline, url, attribution }: TiledProps) {
  const view = snapped(viewOf(points, WIDTH, HEIGHT, STREETS), WIDTH, HEIGHT);
  const tiles = tilesOf(view, WIDTH, HEIGHT, url);
  const [loaded, setLoaded] = useState(0);
  const [failed, setFailed] = useState(0);
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  const gone = loaded === 0 && (late || failed >= tiles.length);
  return (
    <div>
      {gone ? (
        <Picture points={points} view={outline} />
      ) : (
        <Picture
          points={points}
          view={view}
          tiles={tiles}
          onLoad={() => setLoaded((n) => n + 1)}
          onError={() => setFailed((n) => n + 1)}
        />
      )}
      <Text size="xs" c="dimmed" mt={4} role="status">
        {gone
          ? `No map can be fetched from ${new URL(url).host}: this is the outline that Drover brings along.`
          : [attribution, failed > 0 && 'A part of the map cannot be fetched.'].filter(Boolean).join(' ')}
      </Text>
    </div>
  );
}

interface PictureProps {
  points: Point[];
  view: View;
  tiles?: Tile[];
  onLoad?: () => void;
  onError?: () => void;
}

function Picture({ points, view, tiles, onLoad, onError }: PictureProps) {
  const x = (lon: number) => (across(lon) - view.left) * view.scale;
  const y = (lat: number) => (down(lat) - view.top) * view.scale;
  return (
    <svg
      className={classes.map}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Map with ${points.length} positions; each is in the list below`}
    >
      {tiles ? (
        tiles.map((t) => (
          <image
            key={`${t.url} ${t.x}`}
            href={t.url}
            x={t.x}
            y={t.y}
            width={TILE}
            height={TILE}
            onLoad={onLoad}
            onError={onError}
          />
        ))
      ) : (
        <Outline x={x} y={y} />
      )}
      {[...points].reverse().map((p) => (
        <g key={p.id}>
          <circle
            cx={x(p.longitude)}
            cy={y(p.latitude)}
            r={Math.max((p.accuracy / EQUATOR / Math.cos((p.latitude * Math.PI) / 180)) * view.scale, 9)}
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

type Scale = (degrees: number) => number;

/** The land, and lines each five degrees. */
function Outline({ x, y }: { x: Scale; y: Scale }) {
  const inside = (ring: Ring) =>
    ring.some(
      ([lon, lat]) => Math.abs(x(lon) - WIDTH / 2) < 2 * WIDTH && Math.abs(y(lat) - HEIGHT / 2) < 2 * HEIGHT,
    ) || ring.length > 500; // a continent around the view has no point in it
  const land = COASTS.filter(inside)
    .map((ring) => `M${ring.map(([lon, lat]) => `${x(lon).toFixed(1)},${y(lat).toFixed(1)}`).join('L')}Z`)
    .join('');
  const each5 = (from: number, to: number, at: Scale, most: number) =>
    Array.from({ length: (to - from) / 5 + 1 }, (_, i) => from + i * 5).filter(
      (d) => at(d) >= 0 && at(d) <= most,
    );
  return (
    <>
      <path d={land} className={classes.land} fillRule="evenodd" />
      {each5(-180, 180, x, WIDTH).map((lon) => (
        <line key={`lon${lon}`} x1={x(lon)} x2={x(lon)} y1={0} y2={HEIGHT} className={classes.net} />
      ))}
      {each5(-85, 85, y, HEIGHT).map((lat) => (
        <line key={`lat${lat}`} y1={y(lat)} y2={y(lat)} x1={0} x2={WIDTH} className={classes.net} />
      ))}
    </>
  );
}
