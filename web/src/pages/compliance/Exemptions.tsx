import { Anchor, Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { TicketCheck } from 'lucide-react';
import { endWaiver, waivers } from '../../api/compliance';
import type { Waiver } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { onDay } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';

/** Devices that are not held to a rule, those whose time ends first first. */
export function Exemptions() {
  const may = useMay();
  const answer = useQuery(waivers());
  const end = useAct((w: Waiver) => endWaiver(w.id), {
    done: () => 'The exemption has ended.',
    stale: ['compliance', 'devices'],
  });
  const columns = [
    {
      key: 'device',
      label: 'Device',
      cell: (w: Waiver) => (
        <Anchor component={Link} to={`/devices/${w.device.id}?tab=compliance`} size="sm">
          {w.device.name || w.device.id}
        </Anchor>
      ),
    },
    { key: 'rule', label: 'From', cell: (w: Waiver) => (w.rule.id ? w.rule.name : 'All rules') },
    { key: 'reason', label: 'Reason', cell: (w: Waiver) => <Text size="sm">{w.reason}</Text> },
    { key: 'until', label: 'Until', cell: (w: Waiver) => onDay(w.until) },
    { key: 'by', label: 'By', cell: (w: Waiver) => w.by.name || w.by.id },
    {
      key: 'end',
      label: 'Actions',
      silent: true,
      cell: (w: Waiver) =>
        may('compliance.edit') && (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`End the exemption of ${w.device.name}`}
            onClick={() => end.mutate(w)}
          >
            End
          </Button>
        ),
    },
  ];
  return (
    <Loaded of={answer}>
      {(list) => (
        <>
          {end.isError && <Trouble error={end.error} />}
          {list.length === 0 ? (
            <Panel>
              <Empty icon={TicketCheck} title="No device is exempt">
                A device is exempted on its own page, for a reason and a time.
              </Empty>
            </Panel>
          ) : (
            <Table label="Exemptions" rows={list} columns={columns} id={(w) => w.id} framed />
          )}
        </>
      )}
    </Loaded>
  );
}
