import { useMemo } from 'react';
import { countries } from './atlas';
import classes from './map.module.css';
import {
  across,
  gridStep,
  latitudeAt,
  longitudeAt,
  project,
  scaleOf,
  type Box,
  type Size,
  type View,
} from './mercator';
import { frameOf, labelsOf, layOf, pathOf, piecesOf, type Shape } from './shapes';

interface OutlineProps {
  view: View;
  size: Size;
  language: string;
  /** What is drawn above it, where no name can be read. */
  drawn: Box[];
}

/** Land, borders and names of countries, with a grid: a map that no server is asked for. */
export default function Outline({ view, size, language, drawn }: OutlineProps) {
  const shapes = useMemo(() => countries(language), [language]);
  const frame = frameOf(view, size);
  const { pieces, path } = usePieces(shapes, frame.x, frame.y, frame.zoom, size.width, size.height);
  const lay = layOf(frame, view, size);
  return (
    <g aria-hidden>
      <g transform={`translate(${lay.x} ${lay.y}) scale(${lay.times})`}>
        <path d={path} className={classes.land} fillRule="evenodd" />
      </g>
      <Net view={view} size={size} />
      {labelsOf(pieces, lay, size, drawn).map((label) => (
        <text key={label.name} x={label.x} y={label.y} className={classes.name}>
          {label.name}
        </text>
      ))}
    </g>
  );
}

/** What is drawn for a frame: the same until the map leaves it. */
function usePieces(shapes: Shape[], x: number, y: number, zoom: number, width: number, height: number) {
  return useMemo(() => {
    const pieces = piecesOf(shapes, frameOf({ x, y, zoom }, { width, height }));
    return { pieces, path: pieces.map((piece) => pathOf(piece.ring)).join('') };
  }, [shapes, x, y, zoom, width, height]);
}

/** The least distance of two lines of the grid. */
const APART = 90;
/** Where buttons and the scale are, a line has no number. */
const BUTTONS = 70;
const FOOT = 40;

/** Lines of the same latitude or longitude, with their degrees. */
function Net({ view, size }: { view: View; size: Size }) {
  const { width, height } = size;
  const step = gridStep(view, APART);
  const text = (degrees: number) => `${Number(degrees.toFixed(3))}°`;
  const half = (width / 2 / scaleOf(view)) * 360;
  const middle = view.x * 360 - 180;
  const meridians = multiples(step, middle - half, middle + half);
  const top = latitudeAt(view.y - height / 2 / scaleOf(view));
  const bottom = latitudeAt(view.y + height / 2 / scaleOf(view));
  return (
    <>
      {meridians.map((longitude) => {
        const x = width / 2 + ((longitude - middle) / 360) * scaleOf(view);
        return (
          <g key={longitude}>
            <line x1={x} x2={x} y1={0} y2={height} className={classes.net} />
            {x < width - BUTTONS && (
              <text x={x + 3} y={12} className={classes.degrees}>
                {text(Math.abs(longitude) === 180 ? 180 : longitudeAt(across(longitude)))}
              </text>
            )}
          </g>
        );
      })}
      {multiples(step, bottom, top).map((latitude) => {
        const { y } = project({ latitude, longitude: 0 }, view, size);
        return (
          <g key={latitude}>
            <line y1={y} y2={y} x1={0} x2={width} className={classes.net} />
            {y > 24 && y < height - FOOT && (
              <text x={3} y={y - 3} className={classes.degrees}>
                {text(latitude)}
              </text>
            )}
          </g>
        );
      })}
    </>
  );
}

function multiples(step: number, from: number, to: number): number[] {
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, i) => (first + i) * step);
}
