import { Affix, Button, Group, Paper, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { saveSuite } from '../../api/policies';
import type { SuiteDetail, Values } from '../../api/types';
import { useAct } from '../../ui/act';
import { plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { Simulated } from './Simulated';
import { StartRollout } from './StartRollout';
import type { Side } from './ValueField';
import classes from './policies.module.css';

interface ChangesProps {
  suite: Tagged<SuiteDetail>;
  values: Record<Side, Values>;
  count: number;
  error: Error | null;
  onError: (error: Error | null) => void;
  onUndo: () => void;
}

/** What is not saved yet, and the ways to go on with it. */
export function Changes({ suite, values, count, error, onError, onUndo }: ChangesProps) {
  const [note, setNote] = useState('');
  const [open, setOpen] = useState<'' | 'simulation' | 'rollout'>('');
  const save = useAct(
    () =>
      saveSuite(suite.id, suite.etag, {
        name: suite.name,
        description: suite.description,
        note: note.trim(),
        ...values,
      }).catch((e: Error) => {
        onError(e);
        throw e;
      }),
    {
      done: (saved) => `Version ${saved.version} is in force. Devices are told at once.`,
      stale: ['policies', 'devices', 'overview'],
    },
  );
  const undo = () => {
    onError(null);
    onUndo();
  };
  return (
    <>
      <Affix position={{ bottom: 16, left: 0, right: 0 }} className={classes.affix}>
        <Paper shadow="lg" withBorder p="sm" pl="md" role="region" aria-label="Changes not saved yet">
          {error && <Trouble error={error} />}
          <Group gap="sm">
            <Text size="sm" fw={500}>
              {plural(count, 'change')} not saved
            </Text>
            <TextInput
              aria-label="Note for the version (optional)"
              placeholder="Why? (optional)"
              value={note}
              onChange={(e) => setNote(e.currentTarget.value)}
              style={{ flex: '1 1 120px' }}
            />
            <Button variant="default" onClick={undo}>
              Undo
            </Button>
            <Button variant="default" onClick={() => setOpen('simulation')}>
              What would change
            </Button>
            <Button variant="default" onClick={() => setOpen('rollout')}>
              Roll out
            </Button>
            <Button onClick={() => save.mutate()} loading={save.isPending}>
              Save as version {suite.version + 1}
            </Button>
          </Group>
        </Paper>
      </Affix>
      {open === 'simulation' && (
        <Simulated
          what={{ suite: suite.id, ...values }}
          title="What would change"
          onClose={() => setOpen('')}
        />
      )}
      {open === 'rollout' && (
        <StartRollout suite={suite} values={values} note={note.trim()} onClose={() => setOpen('')} />
      )}
    </>
  );
}
