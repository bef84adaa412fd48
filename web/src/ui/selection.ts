import { useState } from 'react';
import type { Selection } from './Grid';

export interface Chosen extends Selection {
  ids: string[];
  clear: () => void;
}

/** What is ticked in a grid. */
export function useSelection(): Chosen {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const change = (edit: (next: Set<string>) => void) =>
    setChosen((before) => {
      const next = new Set(before);
      edit(next);
      return next;
    });
  return {
    ids: [...chosen],
    has: (id) => chosen.has(id),
    toggle: (id) => change((next) => (next.has(id) ? next.delete(id) : next.add(id))),
    setAll: (ids, on) => change((next) => ids.forEach((id) => (on ? next.add(id) : next.delete(id)))),
    clear: () => setChosen(new Set()),
  };
}
