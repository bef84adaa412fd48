import { Text } from '@mantine/core';
import classes from './map.module.css';
import { MapView } from './MapView';
import { lengthOf, project, type Place, type Size, type View } from './mercator';
import type { TileServer } from './useTiles';
import type { MapWords } from './words';

export interface Position extends Place {
  id: string;
  /** In metres; 0 where it is not known. */
  accuracy: number;
  /** When the device was there, in words. */
  when: string;
}

export interface PositionWords extends MapWords {
  /** What it is a map of. */
  positions: (count: number) => string;
  /** Which of several is the newest. */
  newest: string;
}

interface PositionMapProps {
  /** The newest first. */
  positions: Position[];
  tiles?: TileServer;
  words: PositionWords;
}

/** A country of middling size with its neighbours. */
const CONTEXT = 1_200_000;
/** What must be in view of exact positions, and of those that do not tell how exact they are. */
const EXACT = 1_000;
const UNKNOWN = 2_000;
/** The circle of the most exact one is no wider than a sixth of what is in view. */
const CIRCLES = 12;
const LEAST_RADIUS = 9;

function nearestOf(positions: Position[]): number {
  return Math.min(
    ...positions.map(({ accuracy }) => (accuracy > 0 ? Math.max(EXACT, CIRCLES * accuracy) : UNKNOWN)),
  );
}

/** Where a device was: each position with the circle in which it may be, the newest under a pin. */
export function PositionMap({ positions, tiles, words }: PositionMapProps) {
  return (
    <div>
      <MapView
        label={words.positions(positions.length)}
        places={positions}
        marks={positions}
        nearest={nearestOf(positions)}
        context={CONTEXT}
        tiles={tiles}
        words={words}
      >
        {(view, size) =>
          positions
            .toReversed()
            .map((p) => (
              <Marked key={p.id} position={p} view={view} size={size} newest={p === positions[0]} />
            ))
        }
      </MapView>
      {positions.length > 1 && (
        <Text size="xs" c="dimmed" mt={4}>
          {words.newest}
        </Text>
      )}
    </div>
  );
}

interface MarkedProps {
  position: Position;
  view: View;
  size: Size;
  newest: boolean;
}

/** A drop on its tip. */
const PIN = 'M0,0C-2,-7 -9,-11 -9,-18A9,9 0 1 1 9,-18C9,-11 2,-7 0,0Z';

function Marked({ position, view, size, newest }: MarkedProps) {
  const { x, y } = project(position, view, size);
  const radius = Math.max(lengthOf(position.accuracy, position.latitude, view), LEAST_RADIUS);
  return (
    <g transform={`translate(${x} ${y})`}>
      <circle r={radius} className={classes.within} />
      {newest ? (
        <g className={classes.pin}>
          <path d={PIN} />
          <circle cy={-18} r={3.5} />
          <title>{position.when}</title>
        </g>
      ) : (
        <circle r={4.5} className={classes.point}>
          <title>{position.when}</title>
        </circle>
      )}
    </g>
  );
}
