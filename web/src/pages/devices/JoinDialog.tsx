import { Group, NumberInput, Select, Text, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { addComputerKey } from '../../api/computers';
import type { NewComputerKey } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { KeyLines } from './JoinLines';

export const LIVES = [
  { value: '1', label: '1 hour' },
  { value: '24', label: '1 day' },
  { value: '72', label: '3 days' },
  { value: '168', label: '1 week' },
  { value: '720', label: '30 days' },
  { value: '8760', label: '1 year' },
];

const SYSTEMS = [
  { value: '', label: 'Any' },
  { value: 'linux', label: 'Linux' },
  { value: 'windows', label: 'Windows' },
  { value: 'macos', label: 'macOS' },
];

/** Makes a key by which computers register, and shows the lines that do it. */
export function JoinDialog({ choice, onClose }: { choice: ReactNode; onClose: () => void }) {
  const [name, setName] = useState('');
  const [system, setSystem] = useState('');
  const [uses, setUses] = useState(1);
  const [hours, setHours] = useState(72);
  const [made, setMade] = useState<NewComputerKey>();
  const make = useAct(
    () => addComputerKey({ name: name.trim(), platforms: system ? [system] : [], uses, hours }),
    { done: () => '', stale: ['computer-keys'], after: setMade },
  );
  if (made) return <KeyLines made={made} onClose={onClose} />;
  return (
    <Dialog
      opened
      title="Add a computer"
      submit="Make the key"
      onClose={onClose}
      onSubmit={() => make.mutate()}
      busy={make.isPending}
      error={make.error}
      incomplete={!name.trim()}
    >
      {choice}
      <Text size="sm" c="dimmed">
        It registers by one line with a key in it, makes a key of its own, and is managed from then on.
      </Text>
      <TextInput
        label="What the key is for"
        placeholder="ann’s new laptop"
        maxLength={128}
        value={name}
        onChange={(e) => setName(e.currentTarget.value)}
        data-autofocus
      />
      <Group grow align="flex-start">
        <NumberInput
          label="Computers"
          min={1}
          max={100000}
          allowDecimal={false}
          value={uses}
          onChange={(n) => setUses(Number(n) || 1)}
        />
        <Select
          label="Good for"
          data={LIVES}
          value={String(hours)}
          onChange={(next) => setHours(Number(next))}
          allowDeselect={false}
        />
        <Select
          label="System"
          data={SYSTEMS}
          value={system}
          onChange={(next) => setSystem(next ?? '')}
          allowDeselect={false}
        />
      </Group>
    </Dialog>
  );
}
