import { SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { addComputer, makeInventoryToken } from '../../api/inventory';
import type { ComputerDraft, Device, NewInventoryToken } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { TargetField } from '../../ui/TargetField';
import { AgentSetup } from './AgentSetup';

/** Adds a computer whose inventory an agent of others tells. */
export function TellDialog({ choice, onClose }: { choice: ReactNode; onClose: () => void }) {
  const may = useMay();
  const [name, setName] = useState('');
  const [user, setUser] = useState<string | null>(null);
  const [liability, setLiability] = useState<ComputerDraft['liability']>('corporate');
  const [added, setAdded] = useState<Device>();
  const [made, setMade] = useState<NewInventoryToken>();
  const add = useAct(
    async () => {
      // A computer whose token failed is there: it is not added twice.
      const computer =
        added ?? (await addComputer({ name: name.trim(), user: user ?? undefined, liability }));
      setAdded(computer);
      return makeInventoryToken(computer.id);
    },
    { stale: ['devices', 'overview'], after: setMade },
  );
  if (made) return <AgentSetup made={made} name={added?.name} onClose={onClose} />;
  return (
    <Dialog
      opened
      title="Add a computer"
      submit="Add"
      onClose={onClose}
      onSubmit={() => add.mutate()}
      busy={add.isPending}
      error={add.error}
      incomplete={!name.trim()}
    >
      {choice}
      <Text size="sm" c="dimmed">
        It tells its inventory by GLPI Agent, FusionInventory or OCS Inventory, with a token of its own, and
        takes no orders.
      </Text>
      <TextInput
        label="Name"
        placeholder="ann-laptop"
        maxLength={128}
        value={name}
        onChange={(e) => setName(e.currentTarget.value)}
        data-autofocus
      />
      {may('user.read') && <TargetField kind="user" value={user} onChange={setUser} none="Nobody" />}
      <Stack gap={4}>
        <Text size="sm" fw={500}>
          Whose device
        </Text>
        <SegmentedControl
          aria-label="Whose device"
          value={liability}
          onChange={(next) => setLiability(next as ComputerDraft['liability'])}
          data={[
            { value: 'corporate', label: 'Corporate' },
            { value: 'personal', label: 'Personal' },
          ]}
        />
      </Stack>
    </Dialog>
  );
}
