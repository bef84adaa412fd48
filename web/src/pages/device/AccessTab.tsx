import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { clearAccess, deviceAccess, setAccess } from '../../api/devices';
import type { Device } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Trail } from '../access/Trail';

type Decision = 'allow' | 'quarantine' | 'block' | 'rules';

const DECISIONS: { decision: Decision; label: string; text: string }[] = [
  { decision: 'allow', label: 'Always allow', text: 'Mail flows whatever the rules say.' },
  {
    decision: 'quarantine',
    label: 'Quarantine',
    text: 'The mailbox shows one message that says why and what to do. No mail flows.',
  },
  { decision: 'block', label: 'Block', text: 'The device is refused at once, and its held requests end.' },
  {
    decision: 'rules',
    label: 'Follow the rules',
    text: 'What was decided for this one device is taken back.',
  },
];

/** Whether the device gets mail, and which rule says so. */
export function AccessTab({ device }: { device: Device }) {
  const may = useMay();
  const answer = useQuery(deviceAccess(device.id));
  const [asked, setAsked] = useState<(typeof DECISIONS)[number]>();
  return (
    <Stack gap="lg">
      <Panel title="Why it is so">
        <Loaded of={answer}>{(trail) => <Trail trail={trail} />}</Loaded>
      </Panel>
      {may('device.access') && (
        <Panel title="Decide for this device alone">
          <Text size="sm" c="dimmed" mb="md">
            A decision for one device goes before all rules, and holds from its next request.
          </Text>
          <Group gap="xs">
            {DECISIONS.map((d) => (
              <Button key={d.decision} variant="default" onClick={() => setAsked(d)}>
                {d.label}
              </Button>
            ))}
          </Group>
        </Panel>
      )}
      {asked && <Decide device={device} decision={asked} onClose={() => setAsked(undefined)} />}
    </Stack>
  );
}

interface DecideProps {
  device: Device;
  decision: (typeof DECISIONS)[number];
  onClose: () => void;
}

function Decide({ device, decision: { decision, label, text }, onClose }: DecideProps) {
  const [note, setNote] = useState('');
  const run = () =>
    decision === 'rules' ? clearAccess(device.id) : setAccess(device.id, { decision, note: note.trim() });
  const decide = useAct(run, {
    done: () => 'Done. It holds from the device’s next request.',
    stale: ['devices', 'overview'],
    after: onClose,
  });
  const told = decision === 'quarantine' || decision === 'block';
  return (
    <Dialog
      opened
      title={`${label}: ${device.name || device.model}`}
      submit={label}
      danger={decision === 'block'}
      onClose={onClose}
      onSubmit={() => decide.mutate()}
      busy={decide.isPending}
      error={decide.error}
    >
      <Text size="sm">{text}</Text>
      {told && (
        <Textarea
          label="Note (optional)"
          description="Shown to the owner of the device: why, and what to do."
          value={note}
          onChange={(e) => setNote(e.currentTarget.value)}
          autosize
          minRows={2}
          maxLength={500}
        />
      )}
    </Dialog>
  );
}
