import { Button, Group, Paper, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { cancelCommand, command } from '../../api/commands';
import type { Command } from '../../api/types';
import { useMay } from '../../app/me';
import { actorName } from '../../ui/actor';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Status, ToneMark } from '../../ui/Status';
import { commandCancellable, stateWord } from '../../ui/states';
import { When } from '../../ui/When';
import classes from './commands.module.css';

/** One command with its way so far, and the way back while there is one. */
export function CommandCard({ command: known }: { command: Command }) {
  const read = useQuery(command(known.id));
  const c = read.data ?? known;
  const may = useMay();
  const [asking, setAsking] = useState(false);
  return (
    <Paper withBorder p="lg" bg="var(--card)" component="article" aria-label={c.label}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <div>
          <Group gap="sm">
            <Text fw={600}>{c.label}</Text>
            <Status state={c.state} />
            {c.unproven && <ToneMark tone="wait">Unauthenticated</ToneMark>}
          </Group>
          <Text size="sm" c="dimmed" mt={4}>
            Asked by {actorName(c.requestedBy)} <When time={c.requested} />
            {c.reason && `: “${c.reason}”`}
          </Text>
          {c.detail && (
            <Text size="sm" mt={6}>
              {c.detail}
            </Text>
          )}
        </div>
        {may('command.cancel') && commandCancellable(c.state) && (
          <Button variant="default" size="xs" onClick={() => setAsking(true)}>
            Cancel the command
          </Button>
        )}
      </Group>
      <ol className={classes.steps} aria-label="Progress" aria-live="polite">
        {c.steps.map((step, i) => (
          <li
            key={`${step.state}${step.at}`}
            data-tone={stateWord(step.state).tone}
            data-last={i === c.steps.length - 1}
          >
            <span className={classes.step}>{stateWord(step.state).label}</span>
            <span className={classes.when}>
              <When time={step.at} />
            </span>
          </li>
        ))}
      </ol>
      {asking && <Cancel command={c} onClose={() => setAsking(false)} />}
    </Paper>
  );
}

/** Asks before a command is called back. */
function Cancel({ command: c, onClose }: { command: Command; onClose: () => void }) {
  const cancel = useAct(() => cancelCommand(c.id), {
    done: () => 'The command is cancelled. The device will not get it.',
    stale: ['commands', 'devices', 'approvals', 'overview'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      title={`Cancel “${c.label}”?`}
      submit="Cancel the command"
      onClose={onClose}
      onSubmit={() => cancel.mutate()}
      busy={cancel.isPending}
      error={cancel.error}
    >
      <Text size="sm">
        {c.device.name} has not got it yet. If it is delivered in this very moment, you will be told so.
      </Text>
    </Dialog>
  );
}
