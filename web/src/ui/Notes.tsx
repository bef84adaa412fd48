import { Stack } from '@mantine/core';
import type { Note } from '../api/types';
import { Callout } from './Callout';

/** What the zone wants its administrators to know, until it is no longer so. */
export function Notes({ notes }: { notes: Note[] }) {
  if (notes.length === 0) return null;
  return (
    <Stack gap="sm">
      {notes.map((note) => (
        <Callout key={note.code} tone="wait" title={note.title}>
          {note.text}
        </Callout>
      ))}
    </Stack>
  );
}
