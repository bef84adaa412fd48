import { useQuery } from '@tanstack/react-query';
import type { PersonalEntry } from '../../api/types';
import { mapTiles } from '../../api/zone';
import { PositionMap, type PositionWords } from '../../ui/map/PositionMap';
import { english } from '../../ui/map/words';
import { exactly, plural } from '../../ui/time';

const words: PositionWords = {
  ...english,
  positions: (count) => `Map with ${plural(count, 'position')}; each is in the list below`,
  newest: 'The pin is on the newest position.',
};

/** Positions on the operator's own map, or on the outline that comes with the dashboard. */
export default function Positions({ entries }: { entries: PersonalEntry[] }) {
  const server = useQuery(mapTiles);
  if (server.isPending) return null;
  const positions = entries.flatMap((e) =>
    e.position ? [{ ...e.position, id: e.id, when: exactly(e.at) }] : [],
  );
  return <PositionMap positions={positions} tiles={server.data} words={words} />;
}
