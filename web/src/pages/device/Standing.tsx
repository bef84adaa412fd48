import { Text } from '@mantine/core';
import { useState } from 'react';
import { actOnDevice, type DeviceAct } from '../../api/devices';
import type { Device } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { ButtonMenu } from '../../ui/ButtonMenu';
import { Dialog } from '../../ui/Dialog';
import { ReasonField } from '../../ui/ReasonField';
import { outcome } from '../../ui/waiting';

const ACTS: Record<DeviceAct, { label: string; right: string; text: string; done: string }> = {
  readmit: {
    label: 'Let it enrol again',
    right: 'device.readmit',
    text: 'It has been kept out. From its next sign-in it enrols anew, and takes its policy first.',
    done: 'It may enrol again.',
  },
  retire: {
    label: 'Take it out of service',
    right: 'device.remove',
    text: 'It gets no mail any more and stays in the lists. Nothing is erased on it. It can be let in again.',
    done: 'It is out of service.',
  },
  remove: {
    label: 'Remove it from the lists',
    right: 'device.remove',
    text: 'It leaves the lists; nothing is erased on it. It enrols anew when its user signs in with it again.',
    done: 'It is removed.',
  },
};

/** Whether the device belongs to the zone: taken out of service, let in again, or removed. */
export function Standing({ device }: { device: Device }) {
  const may = useMay();
  const [asked, setAsked] = useState<DeviceAct>();
  const out = device.state === 'wiped' || device.state === 'retired';
  const offered = (out ? ['readmit', 'remove'] : ['retire', 'remove']) as DeviceAct[];
  const items = offered
    .filter((act) => may(ACTS[act].right))
    .map((act) => ({ label: `${ACTS[act].label}…`, run: () => setAsked(act), danger: act === 'remove' }));
  if (items.length === 0 || device.state === 'removed') return null;
  return (
    <>
      <ButtonMenu label="More" items={items} />
      {asked && <Ask device={device} act={asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}

function Ask({ device, act, onClose }: { device: Device; act: DeviceAct; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const words = ACTS[act];
  const run = useAct(() => actOnDevice(device.id, act, reason.trim()), {
    done: (waiting) => outcome(waiting, words.done),
    stale: ['devices', 'overview'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      danger={act === 'remove'}
      title={`${words.label}: ${device.name || device.model}`}
      submit={words.label}
      onClose={onClose}
      onSubmit={() => run.mutate()}
      busy={run.isPending}
      error={run.error}
      incomplete={!reason.trim()}
    >
      <Text size="sm">{words.text}</Text>
      <ReasonField value={reason} onChange={setReason} />
    </Dialog>
  );
}
