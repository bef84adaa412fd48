import { useEffect, useState } from 'react';
import { tilesOf, tileZoom, type Size, type View } from './mercator';

/** The operator's own map server. */
export interface TileServer {
  /** With {z}, {x} and {y} in it; empty for no server. */
  url: string;
  attribution: string;
}

/** After this, a server that has sent no tile counts as one that cannot be reached. */
const PATIENCE_MS = 10_000;

const NONE: ReadonlySet<string> = new Set();

function without(set: ReadonlySet<string>, key: string): ReadonlySet<string> {
  if (!set.has(key)) return set;
  const rest = new Set(set);
  rest.delete(key);
  return rest;
}

/** The tiles of a view, and what has become of them. */
export function useTiles(url: string, view: View, size: Size) {
  const [loaded, setLoaded] = useState(NONE);
  const [failed, setFailed] = useState(NONE);
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!url) return undefined;
  const zoom = tileZoom(view);
  const due = tilesOf(view, zoom, size, url);
  // Until those have come, others that have come already stand for them.
  const stopgaps = [zoom - 1, zoom + 1]
    .filter((z) => z >= 0)
    .flatMap((z) => tilesOf(view, z, size, url))
    .filter((tile) => loaded.has(tile.key));
  return {
    tiles: [...stopgaps, ...due],
    gone:
      loaded.size === 0 &&
      ((late && failed.size === 0) || (due.length > 0 && due.every((tile) => failed.has(tile.key)))),
    torn: due.some((tile) => failed.has(tile.key)),
    onLoad: (key: string) => {
      setLoaded((set) => new Set([...set, key]));
      setFailed((set) => without(set, key));
    },
    onError: (key: string) => setFailed((set) => new Set([...set, key])),
  };
}
