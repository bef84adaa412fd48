import { useQuery } from '@tanstack/react-query';
import { mapTiles } from '../../api/zone';
import { plural } from '../time';
import classes from './map.module.css';
import { MapView } from './MapView';
import {
  project,
  projectLine,
  ringAround,
  straight,
  type Place,
  type Size,
  type Spot,
  type View,
} from './mercator';
import { english, type MapWords } from './words';

/** A circle on the ground, or the corners of an area in their order. */
export type Area = (Place & { metres: number }) | { points: Place[] };

interface AreaMapProps {
  /** Without one, the world is shown. */
  area: Area | null;
  /** Takes a place that was clicked, or the middle when Enter is pressed. */
  onPick?: (at: Place) => void;
}

/** What must be in view: areas are exact. */
const NEAREST = 500;

const words: MapWords = {
  ...english,
  keys: `${english.keys} Enter takes the place in the middle.`,
};

/** An area on a map, on which places are picked. */
export default function AreaMap({ area, onPick }: AreaMapProps) {
  const server = useQuery(mapTiles);
  if (server.isPending) return null;
  return (
    <MapView
      label={labelOf(area)}
      places={outlineOf(area)}
      marks={marksOf(area)}
      nearest={NEAREST}
      tiles={server.data}
      words={onPick ? words : english}
      onPick={onPick}
    >
      {(view, size) => area && <Drawn area={area} view={view} size={size} />}
    </MapView>
  );
}

function labelOf(area: Area | null): string {
  if (!area) return 'Map of the world';
  return 'points' in area ? `Map of an area with ${plural(area.points.length, 'corner')}` : 'Map of a circle';
}

function outlineOf(area: Area | null): Place[] {
  if (!area) return [];
  return 'points' in area ? straight(area.points) : ringAround(area, area.metres);
}

function marksOf(area: Area | null): Place[] {
  if (!area) return [];
  return 'points' in area ? area.points : [area];
}

const linked = (spots: Spot[]) => spots.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');

function Drawn({ area, view, size }: { area: Area; view: View; size: Size }) {
  const line = projectLine(outlineOf(area), view, size);
  return (
    <>
      <polygon points={linked(line)} className={classes.area} />
      {'points' in area ? (
        projectLine(area.points, view, size).map((spot, i) => (
          <g key={i} transform={`translate(${spot.x} ${spot.y})`} className={classes.corner}>
            <circle r={10} />
            <text>{i + 1}</text>
          </g>
        ))
      ) : (
        <Middle spot={project(area, view, size)} />
      )}
    </>
  );
}

const Middle = ({ spot }: { spot: Spot }) => (
  <circle cx={spot.x} cy={spot.y} r={4.5} className={classes.point} />
);
