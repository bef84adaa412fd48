import { Text } from '@mantine/core';
import { useState } from 'react';
import { actOnDevice, type DeviceAct } from '../../api/devices';
import type { Device } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { ButtonMenu } from '../../ui/ButtonMenu';
import { Dialog } from '../../ui/Dialog';
import { ReasonField } from '../../ui/ReasonField';
import { hasAgent, isComputer } from '../../ui/platforms';
import { outcome } from '../../ui/waiting';
import { CodeDialog } from '../devices/CodeDialog';
import { RemovalCode } from './RemovalCode';

const ACTS: Record<
  DeviceAct,
  { label: string; right: string; text: string; computer: string; done: string }
> = {
  readmit: {
    label: 'Let it enrol again',
    right: 'device.readmit',
    text: 'It has been kept out. From its next sign-in it enrols anew, and takes its policy first.',
    computer: 'It has been kept out. It registers anew, by a key or by a one-time code of its own.',
    done: 'It may enrol again.',
  },
  retire: {
    label: 'Take it out of service',
    right: 'device.remove',
    text: 'It gets no mail any more and stays in the lists. Nothing is erased on it. It can be let in again.',
    computer:
      'Its key ends: it gets and tells nothing any more, and stays in the lists. Nothing is erased on it. It can be let in again.',
    done: 'It is out of service.',
  },
  remove: {
    label: 'Remove it from the lists',
    right: 'device.remove',
    text: 'It leaves the lists; nothing is erased on it. It enrols anew when its user signs in with it again.',
    computer:
      'It leaves the lists, with its inventory, and its key ends; nothing is erased on it, and its agent stays. It comes back by a new key.',
    done: 'It is removed.',
  },
};

/** Whether the device belongs to the zone: taken out of service, let in again, or removed. */
export function Standing({ device }: { device: Device }) {
  const may = useMay();
  const [asked, setAsked] = useState<DeviceAct>();
  const [code, setCode] = useState<'in' | 'out'>();
  const out = device.state === 'wiped' || device.state === 'retired';
  const offered = (out ? ['readmit', 'remove'] : ['retire', 'remove']) as DeviceAct[];
  const items = offered
    .filter((act) => may(ACTS[act].right))
    .map((act) => ({ label: `${ACTS[act].label}…`, run: () => setAsked(act), danger: act === 'remove' }));
  if (!out && isComputer(device.platform) && may('device.enrol')) {
    items.unshift({ label: 'Register it again…', run: () => setCode('in'), danger: false });
  }
  if (hasAgent(device.platform) && may('device.remove')) {
    items.push({ label: 'Show a removal code…', run: () => setCode('out'), danger: true });
  }
  if (items.length === 0 || device.state === 'removed') return null;
  return (
    <>
      <ButtonMenu label="More" items={items} />
      {code === 'in' && <CodeDialog device={device} onClose={() => setCode(undefined)} />}
      {code === 'out' && <RemovalCode device={device} onClose={() => setCode(undefined)} />}
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
      <Text size="sm">{isComputer(device.platform) ? words.computer : words.text}</Text>
      <ReasonField value={reason} onChange={setReason} approved={act === 'remove'} />
    </Dialog>
  );
}
