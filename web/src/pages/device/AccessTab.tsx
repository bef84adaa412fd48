import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { deviceAccess, setAccess } from '../../api/devices';
import type { Device } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { ReasonField } from '../../ui/ReasonField';
import { Trail } from '../access/Trail';

const DECISIONS = [
  { decision: 'allow', label: 'Always allow', text: 'Mail flows whatever the rules say.' },
  {
    decision: 'quarantine',
    label: 'Quarantine',
    text: 'The mailbox shows one message that says why and what to do. No mail flows.',
  },
  { decision: 'block', label: 'Block', text: 'The device is refused at once, and its held requests end.' },
  { decision: 'rules', label: 'Follow the rules', text: 'The decision made for this one device is removed.' },
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

function Decide({ device, decision, onClose }: DecideProps) {
  const [reason, setReason] = useState('');
  const decide = useAct(() => setAccess(device.id, { decision: decision.decision, reason: reason.trim() }), {
    done: () => 'Done. It holds from the device’s next request.',
    stale: ['devices', 'overview'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      title={`${decision.label}: ${device.name || device.model}`}
      submit={decision.label}
      danger={decision.decision === 'block'}
      onClose={onClose}
      onSubmit={() => decide.mutate()}
      busy={decide.isPending}
      error={decide.error}
      incomplete={!reason.trim()}
    >
      <Text size="sm">{decision.text}</Text>
      <ReasonField value={reason} onChange={setReason} />
    </Dialog>
  );
}
