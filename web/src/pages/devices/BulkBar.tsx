import { Button, Group, List, Paper, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { sendToMany } from '../../api/commands';
import { device } from '../../api/devices';
import { groups, join } from '../../api/people';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { ButtonMenu } from '../../ui/ButtonMenu';
import { Dialog } from '../../ui/Dialog';
import { ReasonField } from '../../ui/ReasonField';
import { plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { WhatGoes } from '../../ui/WhatGoes';

/** What may be asked of many devices at once. A full wipe is not among them: it is asked device by device. */
const ORDERS = [
  { kind: 'lock', label: 'Lock', right: 'device.lock' },
  { kind: 'selective-wipe', label: 'Erase the organization’s data', right: 'device.wipe.account' },
];

/** Acts on the ticked devices. */
export function BulkBar({ chosen, onDone }: { chosen: string[]; onDone: () => void }) {
  const may = useMay();
  const [order, setOrder] = useState<(typeof ORDERS)[number]>();
  const sets = useQuery({ ...groups('device-groups'), enabled: may('group.edit') && chosen.length > 0 });
  const put = useAct(({ group }: { group: string; name: string }) => join('device-groups', group, chosen), {
    done: (_, { name }) => `${plural(chosen.length, 'device')} put into ${name}.`,
    stale: ['devices', 'device-groups'],
    after: onDone,
  });
  if (chosen.length === 0) return null;
  const orders = ORDERS.filter((o) => may(o.right));
  return (
    <Paper withBorder p="xs" pl="md" mb="md" bg="var(--card)" role="region" aria-label="Selected devices">
      <Group gap="xs">
        <Text size="sm" fw={500} mr="sm">
          {plural(chosen.length, 'device')} selected
        </Text>
        {orders.length > 0 && (
          <ButtonMenu
            label="Send a command"
            items={orders.map((o) => ({ label: `${o.label}…`, run: () => setOrder(o) }))}
          />
        )}
        {(sets.data?.length ?? 0) > 0 && (
          <ButtonMenu
            label="Put into a group"
            items={(sets.data ?? []).map((g) => ({
              label: g.name,
              run: () => put.mutate({ group: g.id, name: g.name }),
            }))}
          />
        )}
        <Button variant="subtle" onClick={onDone}>
          Clear the selection
        </Button>
      </Group>
      {put.isError && <Trouble error={put.error} />}
      {order && (
        <BulkOrder order={order} chosen={chosen} onClose={() => setOrder(undefined)} onDone={onDone} />
      )}
    </Paper>
  );
}

interface BulkOrderProps {
  order: { kind: string; label: string };
  chosen: string[];
  onClose: () => void;
  onDone: () => void;
}

function BulkOrder({ order, chosen, onClose, onDone }: BulkOrderProps) {
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const sample = useQuery({ ...device(chosen[0] ?? ''), enabled: order.kind !== 'lock' });
  const capability = sample.data?.capabilities.find((c) => c.kind === order.kind);
  const send = useMutation({
    mutationFn: () => sendToMany({ kind: order.kind, reason: reason.trim(), devices: chosen }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['commands'] }),
  });
  if (send.data) {
    const refused = send.data.items.filter((i) => i.problem);
    return (
      <Dialog opened title="Asked" submit="Close" onClose={onDone} onSubmit={onDone}>
        <Text size="sm">
          {plural(send.data.items.length - refused.length, 'command')} requested. Follow them under Commands.
        </Text>
        {refused.length > 0 && (
          <>
            <Text size="sm" fw={500}>
              {plural(refused.length, 'device')} left out:
            </Text>
            <List size="sm">
              {refused.slice(0, 10).map((i) => (
                <List.Item key={i.device}>{i.problem}</List.Item>
              ))}
            </List>
          </>
        )}
      </Dialog>
    );
  }
  return (
    <Dialog
      opened
      title={`${order.label}: ${plural(chosen.length, 'device')}`}
      submit={order.label}
      danger={order.kind !== 'lock'}
      onClose={onClose}
      onSubmit={() => send.mutate()}
      busy={send.isPending}
      error={send.error}
      incomplete={!reason.trim()}
      size="lg"
    >
      {capability && (
        <>
          <Text size="sm">
            On <b>{sample.data?.platformLabel}</b>, the first of the selection. Other platforms differ; each
            command’s page says what it does there.
          </Text>
          <WhatGoes removes={capability.removes} leaves={capability.leaves} caveat={capability.caveat} />
        </>
      )}
      <ReasonField value={reason} onChange={setReason} />
    </Dialog>
  );
}
