import { Alert, Stack, Text } from '@mantine/core';
import { ShieldAlert } from 'lucide-react';
import type { Note } from '../api/types';

/** What the zone wants its administrators to know, until it is no longer so. */
export function Notes({ notes }: { notes: Note[] }) {
  if (notes.length === 0) return null;
  return (
    <Stack gap="sm">
      {notes.map((note) => (
        <Alert
          key={note.code}
          color="yellow"
          variant="light"
          icon={<ShieldAlert size={18} />}
          title={note.title}
        >
          <Text size="sm" c="var(--mantine-color-text)" maw={860}>
            {note.text}
          </Text>
        </Alert>
      ))}
    </Stack>
  );
}
