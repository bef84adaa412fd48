import { List, Text } from '@mantine/core';
import { useState } from 'react';
import { showRemovalCode } from '../../api/computers';
import type { Device, RemovalCode as Code } from '../../api/types';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { Secret } from '../../ui/Secret';

/** Shows a one-time code by which the agent is removed at the computer, without the network. */
export function RemovalCode({ device, onClose }: { device: Device; onClose: () => void }) {
  const [made, setMade] = useState<Code>();
  const name = device.name || device.model;
  const show = useAct(() => showRemovalCode(device.id), { stale: ['devices'], after: setMade });
  if (made) {
    return (
      <Dialog
        opened
        plain
        size="lg"
        title={`Remove the agent of ${name}`}
        submit="Done"
        onClose={onClose}
        onSubmit={onClose}
      >
        <Callout tone="wait" title="The code is shown this once">
          It works once, on this computer alone, and is told to no other.
        </Callout>
        <Secret name="the code" value={made.code} />
        <Text size="sm">As administrator of the computer:</Text>
        <Secret name="the line" value={`drover-agent uninstall --code ${made.code}`} />
      </Dialog>
    );
  }
  return (
    <Dialog
      opened
      danger
      size="lg"
      title={`Show a removal code: ${name}`}
      submit="Show the code"
      onClose={onClose}
      onSubmit={() => show.mutate()}
      busy={show.isPending}
      error={show.error}
    >
      <Text size="sm">
        For a computer that cannot reach the zone. Where it can, send it the command to remove the agent
        instead.
      </Text>
      <List size="sm" spacing={4}>
        <List.Item>
          Whoever has the code and administers the computer removes the agent there; the code needs no
          network.
        </List.Item>
        <List.Item>The computer is no longer managed then: it tells nothing, and obeys nothing.</List.Item>
        <List.Item>
          It takes nothing else away: what policies have set there stays, and here the device stays in the
          lists until you remove it.
        </List.Item>
        <List.Item>
          The agent knows of two codes beforehand; it learns of new ones when it next asks. That one was shown
          stands in the audit log.
        </List.Item>
      </List>
    </Dialog>
  );
}
