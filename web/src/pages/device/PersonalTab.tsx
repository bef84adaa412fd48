import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Eye } from 'lucide-react';
import { useState } from 'react';
import { stock } from '../../api/personal';
import type { DeviceDetail, Stock } from '../../api/types';
import { useMay } from '../../app/me';
import { Loaded } from '../../ui/Loaded';
import { ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { plural } from '../../ui/time';
import { When } from '../../ui/When';
import { LookAt } from './LookAt';

/** What is kept of the device's user, kind by kind, and the way to look at it. */
export function PersonalTab({ device: d }: { device: DeviceDetail }) {
  const may = useMay();
  const answer = useQuery(stock(d.id));
  const [kind, setKind] = useState<Stock>();
  const columns = [
    { key: 'words', label: 'What', cell: (s: Stock) => <Text size="sm">{s.words}</Text> },
    {
      key: 'asked',
      label: 'Collected',
      width: '190px',
      cell: (s: Stock) => (
        <Stack gap={2} align="flex-start">
          {s.asked ? <ToneMark tone="info">By its policy</ToneMark> : <ToneMark tone="off">No</ToneMark>}
          <Text size="xs" c="dimmed">
            {s.from.name ? `The suite ${s.from.name} says so` : 'No suite says anything of it'}
          </Text>
        </Stack>
      ),
    },
    {
      key: 'kept',
      label: 'Kept',
      width: '220px',
      cell: (s: Stock) =>
        s.entries === 0 ? (
          'Nothing'
        ) : (
          <span>
            {plural(s.entries, 'entry', 'entries')}, last <When time={s.newest} />
          </span>
        ),
    },
    {
      key: 'look',
      label: 'Actions',
      silent: true,
      width: '110px',
      cell: (s: Stock) =>
        may('user.personal.read') &&
        s.entries > 0 && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Eye size={14} />}
            aria-label={`Look at: ${s.words}`}
            onClick={() => setKind(s)}
          >
            Look…
          </Button>
        ),
    },
  ];
  return (
    <Stack gap="lg">
      <Text size="sm" c="dimmed">
        A kind is taken only while the policy of the device asks for it,{' '}
        {d.user.id
          ? `and sealed under the key of ${d.user.name}. Each look is recorded with its reason, and ${d.user.name} sees it.`
          : 'and sealed. Each look is recorded with its reason.'}{' '}
        A device’s log is taken only as the answer to the order “Request log”.
      </Text>
      <Loaded of={answer}>
        {(list) => <Table label="Personal data" rows={list} columns={columns} id={(s) => s.kind} framed />}
      </Loaded>
      {kind && <LookAt device={d.id} stock={kind} onClose={() => setKind(undefined)} />}
    </Stack>
  );
}
