import { Button, Checkbox, List, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { sendCommand } from '../../api/commands';
import { editDevice } from '../../api/devices';
import type { Capability, DeviceDetail } from '../../api/types';
import { platforms } from '../../api/zone';
import { useFilters } from '../../app/filters';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { ButtonMenu } from '../../ui/ButtonMenu';
import { Dialog } from '../../ui/Dialog';
import { person } from '../../ui/actor';
import { platformChoices } from '../../ui/platforms';
import { ReasonField } from '../../ui/ReasonField';
import { ShownText, shownText } from '../../ui/ShownText';
import { plural } from '../../ui/time';
import { WhatGoes } from '../../ui/WhatGoes';

const RIGHTS: Record<string, string> = {
  lock: 'device.lock',
  'selective-wipe': 'device.wipe.account',
  'wipe-card': 'device.wipe.card',
  'full-wipe': 'device.wipe.full',
  message: 'device.message',
  'clear-passcode': 'device.passcode.clear',
  locate: 'device.locate',
  'request-log': 'device.log',
  'update-inventory': 'device.refresh',
  refresh: 'device.refresh',
  'disable-accounts': 'device.accounts',
  'enable-accounts': 'device.accounts',
  reboot: 'device.reboot',
  uninstall: 'device.remove',
};

/** What can be done to the device: its entry edited, and the commands its platform takes. */
export function Acts({ device }: { device: Tagged<DeviceDetail> }) {
  const may = useMay();
  const [asked, setAsked] = useState<Capability>();
  const [editing, setEditing] = useState(false);
  const offered = device.capabilities.filter((c) => may(RIGHTS[c.kind] ?? 'device.edit'));
  return (
    <>
      {may('device.edit') && (
        <Button variant="default" onClick={() => setEditing(true)}>
          Edit
        </Button>
      )}
      {offered.length > 0 && (
        <ButtonMenu
          label="Send a command"
          variant="filled"
          items={offered.map((c) => ({
            label: `${c.label}…`,
            run: () => setAsked(c),
            danger: c.destructive,
          }))}
        />
      )}
      {asked && !asked.available && <Refused capability={asked} onClose={() => setAsked(undefined)} />}
      {asked?.available && <Order capability={asked} device={device} onClose={() => setAsked(undefined)} />}
      {editing && <Edit device={device} onClose={() => setEditing(false)} />}
    </>
  );
}

interface OrderProps {
  device: DeviceDetail;
  capability: Capability;
  onClose: () => void;
}

/** The platform cannot do it: says why, and what it can do instead. */
function Refused({ capability, onClose }: Omit<OrderProps, 'device'>) {
  return (
    <Dialog opened title={capability.label} submit="Understood" onClose={onClose} onSubmit={onClose}>
      <Text size="sm">{capability.reason}</Text>
      {capability.alternatives.length > 0 && (
        <div>
          <Text size="sm" fw={500}>
            What you can do instead
          </Text>
          <List size="sm">
            {capability.alternatives.map((a) => (
              <List.Item key={a.words}>{a.words}</List.Item>
            ))}
          </List>
        </div>
      )}
    </Dialog>
  );
}

/** Says exactly what will happen, asks for the reason, and for the device's name where nothing brings it back. */
function Order({ device, capability: c, onClose }: OrderProps) {
  const [, setFilters] = useFilters();
  const [key] = useState(() => crypto.randomUUID());
  const [reason, setReason] = useState('');
  const [text, setText] = useState('');
  const [typed, setTyped] = useState('');
  const [sure, setSure] = useState(false);
  const name = device.name || device.model || device.deviceId;
  const shows = shownText(c.kind);
  const send = useAct(
    () =>
      sendCommand(device.id, key, {
        kind: c.kind,
        reason: reason.trim(),
        ...(text.trim() ? { text: text.trim() } : {}),
      }),
    {
      done: (command) =>
        command.state === 'awaiting'
          ? `Asked. It waits for ${plural(c.approvals, 'approval')}.`
          : 'Asked. Follow it below.',
      stale: ['devices', 'commands', 'approvals', 'overview'],
      after: () => {
        onClose();
        setFilters({ tab: 'commands' });
      },
    },
  );
  const confirmed = c.typed
    ? typed.trim() === name
    : shows?.required
      ? text.trim() !== ''
      : !c.destructive || sure;
  return (
    <Dialog
      opened
      size="lg"
      title={`${c.label}: ${name}`}
      submit={c.label}
      danger={c.destructive}
      onClose={onClose}
      onSubmit={() => send.mutate()}
      busy={send.isPending}
      error={send.error}
      incomplete={!confirmed || !reason.trim()}
    >
      <Text size="sm">
        {device.platformLabel} of <b>{person(device.user)}</b>
        {device.liability === 'personal' && ', their own device'}.
        {c.approvals > 0 &&
          ` Before it is sent, ${plural(c.approvals, 'other administrator')} must approve it.`}
      </Text>
      <WhatGoes removes={c.removes} leaves={c.leaves} caveat={c.caveat} destructive={c.destructive} />
      {shows && <ShownText {...shows} value={text} onChange={setText} />}
      <ReasonField value={reason} onChange={setReason} approved={c.approvals > 0} />
      {c.typed && (
        <TextInput
          label={`Type the device’s name to confirm: ${name}`}
          value={typed}
          onChange={(e) => setTyped(e.currentTarget.value)}
          autoComplete="off"
        />
      )}
      {c.destructive && !c.typed && (
        <Checkbox
          label="I understand that what is erased does not come back."
          checked={sure}
          onChange={(e) => setSure(e.currentTarget.checked)}
        />
      )}
    </Dialog>
  );
}

function Edit({ device, onClose }: { device: Tagged<DeviceDetail>; onClose: () => void }) {
  const all = useQuery(platforms);
  const before = { name: device.name, liability: device.liability, platform: device.platform };
  const form = useForm({ initialValues: before });
  const changes = () =>
    Object.fromEntries(
      Object.entries(form.values).filter(([name, value]) => value !== before[name as keyof typeof before]),
    );
  const save = useAct(() => editDevice(device.id, device.etag, changes()), {
    done: () => 'Saved.',
    stale: ['devices', 'overview'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      title="Edit the device"
      submit="Save"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
    >
      <Stack gap="md">
        <TextInput label="Name" description="Shown instead of the model." {...form.getInputProps('name')} />
        <Select
          label="Owner"
          description="Decides which values of its policy suite apply."
          data={[
            { value: 'corporate', label: 'Corporate' },
            { value: 'personal', label: 'Personal' },
          ]}
          allowDeselect={false}
          {...form.getInputProps('liability')}
        />
        <Select
          label="Platform"
          description="Recognised by itself. Correct it here when it is wrong: it decides which commands are offered."
          data={platformChoices(all.data ?? [])}
          searchable
          allowDeselect={false}
          {...form.getInputProps('platform')}
        />
      </Stack>
    </Dialog>
  );
}
