import { NumberInput, Stack, Text } from '@mantine/core';
import type { ServerOrder, ZoneServer } from '../../api/types';
import { Table } from '../../ui/Table';
import { placeIn, putIn, ROLES } from './advertise';

interface OrderGridProps {
  servers: ZoneServer[];
  orders: ServerOrder[];
  onChange?: (orders: ServerOrder[]) => void;
}

/** The place of each server in the order of each role: equal numbers are equally close. */
export function OrderGrid({ servers, orders, onChange }: OrderGridProps) {
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        1 is tried first. Servers with the same number are equally close: each computer tries them in an order
        of its own. Those without a number come after the others, the ones that stand where the computer is
        first.
      </Text>
      <Table
        framed
        label="Order of servers"
        rows={servers}
        id={(s) => s.id}
        columns={[
          { key: 'name', label: 'Server', cell: (s) => s.name },
          ...ROLES.map(({ role, label }) => ({
            key: role,
            label,
            width: '20%',
            cell: (s: ZoneServer) => (
              <NumberInput
                aria-label={`${label}: place of ${s.name}`}
                placeholder="Last"
                size="xs"
                maw={96}
                min={1}
                max={20}
                allowDecimal={false}
                disabled={!onChange}
                value={placeIn(orders, role, s.id) ?? ''}
                onChange={(n) => onChange?.(putIn(orders, role, s.id, Number(n) || undefined))}
              />
            ),
          })),
        ]}
      />
    </Stack>
  );
}
