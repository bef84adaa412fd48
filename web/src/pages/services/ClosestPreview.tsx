import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { closest } from '../../api/doors';
import type { ClosestServers } from '../../api/types';
import { Panel } from '../../ui/Panel';
import { ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { Trouble } from '../../ui/Trouble';
import { SuiteTarget } from '../policies/SuiteTarget';
import { LEFT, ROLES, TOLD } from './advertise';

/** What one computer, or whoever asks from an address, would be told by what is in force. */
export function ClosestPreview() {
  const [device, setDevice] = useState<string | null>(null);
  const [address, setAddress] = useState('');
  const ask = useMutation({ mutationFn: () => closest(device ?? '', address.trim()) });
  return (
    <Panel title="What would a computer be told?">
      <Stack gap="md">
        <Group align="flex-end">
          <SuiteTarget kind="device" value={device} onChange={setDevice} />
          <TextInput
            label="Address"
            placeholder={device ? 'Where it came from last' : '192.0.2.1'}
            value={address}
            onChange={(e) => setAddress(e.currentTarget.value)}
          />
          <Button
            variant="default"
            loading={ask.isPending}
            disabled={!device && !address.trim()}
            onClick={() => ask.mutate()}
          >
            Tell
          </Button>
        </Group>
        {ask.isError && <Trouble error={ask.error} />}
        {ask.data && <Told of={ask.data} />}
      </Stack>
    </Panel>
  );
}

function Told({ of }: { of: ClosestServers }) {
  const rows = of.roles.flatMap((r) => [
    ...r.choices.map((c, i) => ({ ...c, role: r.role, place: i + 1 })),
    ...r.left.map((c) => ({ ...c, role: r.role, place: 0 })),
  ]);
  return (
    <>
      <Text size="sm">
        From {of.address}, which is {of.inside ? 'inside' : 'outside'}
        {of.location ? `, at ${of.location}` : ' and at no location'}:
      </Text>
      <Table
        framed
        label="What a computer would be told"
        rows={rows}
        id={(r) => [r.role, r.server.id, r.url].join(' ')}
        columns={[
          { key: 'role', label: 'For', cell: (r) => ROLES.find((x) => x.role === r.role)?.label },
          {
            key: 'place',
            label: 'Tried',
            cell: (r) => (r.place ? `${r.place}.` : <Text c="dimmed">Not told</Text>),
          },
          { key: 'url', label: 'Address', width: '28%', cell: (r) => r.url },
          { key: 'server', label: 'Server', cell: (r) => r.server.name },
          { key: 'why', label: 'Told to', cell: (r) => (r.left ? LEFT[r.left] : TOLD[r.shown]) },
          {
            key: 'blocked',
            label: 'At its door',
            cell: (r) => (
              <ToneMark tone={r.blocked ? 'off' : 'ok'}>{r.blocked ? 'Blocked' : 'Let in'}</ToneMark>
            ),
          },
        ]}
      />
    </>
  );
}
