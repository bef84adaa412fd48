import { Button, Group, Paper, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { groups, join } from '../../api/people';
import { folders, moveToFolder } from '../../api/registration';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { ButtonMenu } from '../../ui/ButtonMenu';
import { plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { BulkOrder } from './BulkOrder';

/** What may be asked of many devices at once. Not among them, but asked device by device: a full wipe, and where somebody is. */
const ORDERS = [
  { kind: 'message', label: 'Message', right: 'device.message' },
  { kind: 'update-inventory', label: 'Update the inventory', right: 'device.refresh' },
  { kind: 'request-log', label: 'Request the log', right: 'device.log' },
  { kind: 'lock', label: 'Lock', right: 'device.lock' },
  { kind: 'selective-wipe', label: 'Selective wipe', right: 'device.wipe.account', danger: true },
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
  const tree = useQuery({ ...folders, enabled: may('group.edit') && chosen.length > 0 });
  const move = useAct(({ folder }: { folder: string; path: string }) => moveToFolder(folder, chosen), {
    done: (_, { path }) => `${plural(chosen.length, 'device')} moved to ${path}.`,
    stale: ['devices', 'device-groups', 'device-folders'],
    after: onDone,
  });
  if (chosen.length === 0) return null;
  const into = (sets.data ?? []).filter((g) => g.kind === 'chosen');
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
            items={orders.map((o) => ({ label: `${o.label}…`, run: () => setOrder(o), danger: o.danger }))}
          />
        )}
        {tree.data && (
          <ButtonMenu
            label="Move to a folder"
            items={[{ id: '', path: '/' }, ...tree.data].map(({ id, path }) => ({
              label: path,
              run: () => move.mutate({ folder: id, path }),
            }))}
          />
        )}
        {into.length > 0 && (
          <ButtonMenu
            label="Put into a group"
            items={into.map((g) => ({
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
      {move.isError && <Trouble error={move.error} />}
      {order && (
        <BulkOrder order={order} chosen={chosen} onClose={() => setOrder(undefined)} onDone={onDone} />
      )}
    </Paper>
  );
}
