import { Affix, Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { changeDoors, tryDoors } from '../../api/doors';
import type { DoorReplay, Doors, DoorVersion } from '../../api/types';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { Trouble } from '../../ui/Trouble';
import { Gaps } from './Gaps';
import { VisitTable } from './VisitTable';
import classes from '../policies/policies.module.css';

interface SaveDoorsProps {
  now: Tagged<DoorVersion>;
  draft: Doors;
  onUndo: () => void;
}

/** What is not saved yet. It is tried on the visits of the last days, and saved when one has seen what it does. */
export function SaveDoors({ now, draft, onUndo }: SaveDoorsProps) {
  const [reason, setReason] = useState('');
  const doors = { ...draft, internal: draft.internal.map((n) => n.trim()).filter(Boolean) };
  const trial = useMutation({ mutationFn: () => tryDoors(doors) });
  const save = useAct(() => changeDoors(now.etag, doors, reason.trim()), {
    done: (saved) => `Version ${saved.version} of the doors holds, on every server.`,
    stale: ['doors', 'services'],
    after: onUndo,
  });
  return (
    <>
      <Affix position={{ bottom: 16, left: 0, right: 0 }} className={classes.affix}>
        <Paper shadow="lg" withBorder p="sm" pl="md" role="region" aria-label="Changes not saved yet">
          {trial.isError && <Trouble error={trial.error} />}
          <Group gap="sm">
            <Text size="sm" fw={500}>
              Not saved
            </Text>
            <TextInput
              aria-label="Why (optional)"
              placeholder="Why? (optional)"
              value={reason}
              onChange={(e) => setReason(e.currentTarget.value)}
              style={{ flex: '1 1 120px' }}
            />
            <Button variant="default" onClick={onUndo}>
              Undo
            </Button>
            <Button onClick={() => trial.mutate()} loading={trial.isPending}>
              Try and save
            </Button>
          </Group>
        </Paper>
      </Affix>
      {trial.data && (
        <Dialog
          opened
          size="xl"
          danger={trial.data.refused.requests + trial.data.bounded.requests > 0}
          title="What this would have done in the last 30 days"
          submit={`Save as version ${now.version + 1}`}
          onClose={() => {
            trial.reset();
            save.reset();
          }}
          onSubmit={() => save.mutate()}
          busy={save.isPending}
          error={save.error}
        >
          <Replayed of={trial.data} />
        </Dialog>
      )}
    </>
  );
}

function Replayed({ of: r }: { of: DoorReplay }) {
  return (
    <Stack gap="md">
      <Callout tone={r.refused.requests + r.bounded.requests > 0 ? 'wait' : 'ok'}>
        <Text size="sm">{r.sentence}</Text>
      </Callout>
      <Gaps list={r.gaps} />
      {r.refused.list.length > 0 && <VisitTable framed label="Would be refused" rows={r.refused.list} />}
      {r.bounded.list.length > 0 && (
        <VisitTable framed label="Bounds would refuse some of what they sent" rows={r.bounded.list} />
      )}
      {r.unknown.map((text) => (
        <Text key={text} size="sm" c="dimmed">
          {text}
        </Text>
      ))}
      {r.admitted.list.length > 0 && <VisitTable framed label="Would be let in" rows={r.admitted.list} />}
    </Stack>
  );
}
