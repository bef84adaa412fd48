import { Stack, Text } from '@mantine/core';
import type { JoinCommand, NewComputerKey } from '../../api/types';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { Secret } from '../../ui/Secret';
import { exactly, plural } from '../../ui/time';

export const systems: Record<string, string> = { linux: 'Linux', windows: 'Windows', macos: 'macOS' };

/** The lines that bring computers in by a key, the one time that it is shown. */
export function KeyLines({ made, onClose }: { made: NewComputerKey; onClose: () => void }) {
  return (
    <JoinLines
      title="Run this on the computer"
      join={made.join}
      warning="The key is shown this once"
      words={`Who has it brings in ${plural(made.uses, 'computer')}, until ${exactly(made.expires)}. It can be taken back under Open keys.`}
      onClose={onClose}
    />
  );
}

interface JoinLinesProps {
  title: string;
  join: JoinCommand[];
  warning: string;
  words: string;
  onClose: () => void;
}

/** The lines that bring a computer in, with the secret in them. */
export function JoinLines({ title, join, warning, words, onClose }: JoinLinesProps) {
  return (
    <Dialog opened plain size="lg" title={title} submit="Done" onClose={onClose} onSubmit={onClose}>
      <Callout tone="wait" title={warning}>
        {words}
      </Callout>
      {join.map((line) => (
        <Stack gap={4} key={line.platform}>
          <Text size="sm" fw={600}>
            {systems[line.platform]}
          </Text>
          <Text size="sm" c="dimmed">
            {line.words}
          </Text>
          <Secret name={`the line for ${systems[line.platform]}`} value={line.command} />
        </Stack>
      ))}
    </Dialog>
  );
}
