import { Button, Group, Paper, Text } from '@mantine/core';
import { useState } from 'react';
import { cancelCommand } from '../../api/commands';
import type { Command } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { ReasonField } from '../../ui/ReasonField';
import { Status } from '../../ui/Status';
import { commandCancellable, stateWord } from '../../ui/states';
import { When } from '../../ui/When';
import classes from './commands.module.css';

/** One command with its way so far, and the way back while there is one. */
export function CommandCard({ command: c }: { command: Command }) {
  const may = useMay();
  const [asking, setAsking] = useState(false);
  return (
    <Paper withBorder p="lg" bg="var(--card)" component="article" aria-label={c.label}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <div>
          <Group gap="sm">
            <Text fw={600}>{c.label}</Text>
            <Status state={c.state} />
          </Group>
          <Text size="sm" c="dimmed" mt={4}>
            Asked by {c.requestedBy || c.origin} <When time={c.requested} />
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
              {step.by && ` by ${step.by}`}
            </span>
          </li>
        ))}
      </ol>
      {asking && <Cancel command={c} onClose={() => setAsking(false)} />}
    </Paper>
  );
}

/** Asks before a command is called back. */
export function Cancel({ command, onClose }: { command: Command; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const cancel = useAct(() => cancelCommand(command.id, reason.trim()), {
    done: () => 'The command is cancelled. The device will not get it.',
    stale: ['commands', 'devices', 'approvals', 'overview'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      title={`Cancel “${command.label}”?`}
      submit="Cancel the command"
      onClose={onClose}
      onSubmit={() => cancel.mutate()}
      busy={cancel.isPending}
      error={cancel.error}
    >
      <Text size="sm">
        {command.device.name} has not got it yet. If it is delivered in this very moment, you will be told so.
      </Text>
      <ReasonField value={reason} onChange={setReason} optional />
    </Dialog>
  );
}
