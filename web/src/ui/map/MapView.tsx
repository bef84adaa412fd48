import { ActionIcon, Text } from '@mantine/core';
import { Maximize, Minus, Plus } from 'lucide-react';
import { lazy, Suspense, useId, useState, type ReactNode } from 'react';
import classes from './map.module.css';
import {
  bounded,
  boxOf,
  metresPerUnit,
  placeAt,
  project,
  pushed,
  round125,
  viewOf,
  zoomed,
  type Box,
  type Place,
  type Size,
  type Spot,
  type View,
} from './mercator';
import { useGestures } from './useGestures';
import { useSize } from './useSize';
import { useTiles, type TileServer } from './useTiles';
import type { MapWords } from './words';

// The shapes of all countries are much to load, and a map of tiles needs none.
const Outline = lazy(() => import('./Outline'));

interface MapViewProps {
  /** What it is a map of, for who does not see it. */
  label: string;
  /** What is in view at first, and after "show all"; without any, the world. */
  places: Place[];
  /** Where something small is drawn, that no name may lie on. */
  marks: Place[];
  /** How many metres must be in view: nearer, what is drawn would seem to be more exact than it is. */
  nearest: number;
  /** How many metres of the outline are in view at first: without a coast or a border in sight it says nothing. */
  context?: number;
  tiles?: TileServer;
  words: MapWords;
  /** Takes a place that was clicked, or the middle by the keyboard. */
  onPick?: (at: Place) => void;
  /** What is drawn on the map. */
  children: (view: View, size: Size) => ReactNode;
}

/** A map that is pushed and zoomed: on the operator's tiles, or on an outline for which nobody is asked. */
export function MapView(props: MapViewProps) {
  const [ref, size] = useSize();
  return (
    <div ref={ref} className={classes.room}>
      {size && <Sized key={props.tiles?.url} {...props} size={size} />}
    </div>
  );
}

function Sized({ size, ...props }: MapViewProps & { size: Size }) {
  const { nearest, context = 0, words, onPick } = props;
  const [moved, setMoved] = useState<View>();
  const box = boxOf(props.places);
  const onTiles = bounded(moved ?? crisp(viewOf(box, size, 2 * nearest)), size, nearest);
  const tiled = useTiles(props.tiles?.url ?? '', onTiles, size);
  const tiles = tiled && !tiled.gone ? tiled : undefined;
  const view = tiles || moved ? onTiles : viewOf(box, size, Math.max(context, nearest));

  const middle = { x: size.width / 2, y: size.height / 2 };
  const zoom = (by: number, at: Spot) => {
    setMoved((now) => zoomed(now ?? view, by, at, size, nearest));
    return zoomed(view, by, at, size, nearest).zoom !== view.zoom;
  };
  const pick = (at: Spot) => {
    setMoved(view); // the next click is meant for the same map
    onPick?.(placeAt(at, view, size));
  };
  const gestures = useGestures(size, {
    push: (by) => setMoved((now) => bounded(pushed(now ?? view, by), size, nearest)),
    zoom,
    showAll: () => setMoved(undefined),
    pick: onPick && pick,
  });
  const keys = useId();

  return (
    <>
      <div className={classes.window}>
        <svg
          {...gestures}
          className={classes.map}
          data-picks={onPick ? '' : undefined}
          width={size.width}
          height={size.height}
          viewBox={`0 0 ${size.width} ${size.height}`}
          role="application"
          tabIndex={0}
          aria-label={props.label}
          aria-describedby={keys}
        >
          {tiles ? (
            tiles.tiles.map(({ key, url, x, y, size: side }) => (
              <image
                key={key}
                href={url}
                x={x}
                y={y}
                width={side}
                height={side}
                preserveAspectRatio="none"
                onLoad={() => tiles.onLoad(key)}
                onError={() => tiles.onError(key)}
              />
            ))
          ) : (
            <Suspense fallback={null}>
              <Outline
                view={view}
                size={size}
                language={words.language}
                drawn={[
                  ...furnitureOf(size),
                  ...props.marks.map((mark) => roomOf(project(mark, view, size))),
                ]}
              />
            </Suspense>
          )}
          {props.children(view, size)}
          <ScaleBar view={view} size={size} language={words.language} />
          {onPick && <path d={crosshair(middle)} className={classes.crosshair} />}
        </svg>
        <div className={classes.buttons}>
          <Knob label={words.nearer} icon={<Plus size={18} />} onClick={() => zoom(1, middle)} />
          <Knob label={words.farther} icon={<Minus size={18} />} onClick={() => zoom(-1, middle)} />
          <Knob label={words.showAll} icon={<Maximize size={16} />} onClick={() => setMoved(undefined)} />
        </div>
      </div>
      <span id={keys} hidden>
        {words.keys}
      </span>
      {tiled && (
        <Text size="xs" c="dimmed" mt={4} role="status">
          {tiled.gone
            ? words.gone(new URL(props.tiles?.url ?? '').host)
            : [props.tiles?.attribution, tiled.torn && words.torn].filter(Boolean).join(' ')}
        </Text>
      )}
    </>
  );
}

/** The room of the buttons and of the scale. */
const furnitureOf = ({ width, height }: Size): Box[] => [
  { x0: width - 52, x1: width, y0: 0, y1: 134 },
  { x0: 0, x1: 140, y0: height - 34, y1: height },
];

/** The room of a mark: of a pin on its tip, or less. */
const roomOf = ({ x, y }: Spot): Box => ({ x0: x - 11, x1: x + 11, y0: y - 28, y1: y + 10 });

/** The same middle at a zoom for which there are tiles: the next farther one. */
const crisp = (view: View): View => ({ ...view, zoom: Math.floor(view.zoom) });

const crosshair = ({ x, y }: Spot) => `M${x - 14},${y}h28M${x},${y - 14}v28`;

function Knob({ label, icon, onClick }: { label: string; icon: ReactNode; onClick: () => void }) {
  return (
    <ActionIcon variant="default" size={36} aria-label={label} title={label} onClick={onClick}>
      {icon}
    </ActionIcon>
  );
}

const LONGEST = 110;

function ScaleBar({ view, size, language }: { view: View; size: Size; language: string }) {
  const perUnit = metresPerUnit(view);
  const metres = round125(LONGEST * perUnit);
  const [count, unit] = metres >= 1000 ? [metres / 1000, 'kilometer'] : [metres, 'meter'];
  const text = new Intl.NumberFormat(language, { style: 'unit', unit }).format(count);
  const wide = metres / perUnit;
  return (
    <g transform={`translate(8 ${size.height - 30})`} aria-hidden>
      <rect width={Math.max(wide, 50) + 12} height={22} rx={4} className={classes.plate} />
      <text x={6} y={11} className={classes.scale}>
        {text}
      </text>
      <path d={`M6,13v4h${wide}v-4`} className={classes.bar} />
    </g>
  );
}
