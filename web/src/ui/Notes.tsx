import { Anchor, Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Note } from '../api/types';
import { Callout } from './Callout';

/** The note that nothing destructive is carried out: the one that somebody must act on now. */
export const OPEN = 'safety.breaker';

/** Where what a note tells of can be mended. */
const PLACES: Record<string, { to: string; label: string }> = {
  'safety.quorum': { to: '/administrators', label: 'Administrators' },
  [OPEN]: { to: '/safety', label: 'Look, and close it' },
  'update.security': { to: '/updates', label: 'What is new' },
};

/** What the zone wants its administrators to know, until it is no longer so. */
export function Notes({ notes }: { notes: Note[] }) {
  if (notes.length === 0) return null;
  return (
    <Stack gap="sm">
      {[...notes]
        .sort((a, b) => Number(b.code === OPEN) - Number(a.code === OPEN))
        .map((note) => (
          <Callout key={note.code} tone={note.code === OPEN ? 'bad' : 'wait'} title={note.title}>
            {note.text} <Way to={PLACES[note.code]} />
          </Callout>
        ))}
    </Stack>
  );
}

function Way({ to: place }: { to?: { to: string; label: string } }) {
  if (!place) return null;
  return (
    <Anchor component={Link} to={place.to} inherit className="inline">
      {place.label}
    </Anchor>
  );
}
