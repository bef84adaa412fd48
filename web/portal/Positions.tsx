import { PositionMap } from '../src/ui/map/PositionMap';
import type { TileServer } from '../src/ui/map/useTiles';
import type { Entry } from './api';
import { useWhen, useWords } from './language';
import { positionOf } from './position';

/** Positions on the organization's own map, or on the outline that comes with the portal. */
export default function Positions({ entries, tiles }: { entries: Entry[]; tiles: TileServer }) {
  const words = useWords();
  const when = useWhen();
  const positions = entries.map(({ id, at, body }) => ({
    ...positionOf(body as Record<string, unknown>),
    id,
    when: when(at),
  }));
  return <PositionMap positions={positions} tiles={tiles} words={words.map} />;
}
