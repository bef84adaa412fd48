import { Button, Modal, Stack, Tabs, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { simulate, simulatedDevices } from '../../api/policies';
import type { Simulation, Supposition } from '../../api/types';
import { Facts } from '../../ui/Facts';
import { Loaded } from '../../ui/Loaded';
import { Table } from '../../ui/Table';
import { Trouble } from '../../ui/Trouble';
import classes from './policies.module.css';
import { person } from '../../ui/actor';

interface SimulatedProps {
  what: Supposition;
  title: string;
  onClose: () => void;
}

/** What a change would do to the fleet. Nothing is changed. */
export function Simulated({ what, title, onClose }: SimulatedProps) {
  const answer = useQuery({
    queryKey: ['policy-simulation', what],
    queryFn: () => simulate(what),
    gcTime: 0,
    retry: false,
  });
  return (
    <Modal opened onClose={onClose} title={title} size="xl">
      <Loaded of={answer}>{(sum) => <Answer sum={sum} what={what} />}</Loaded>
    </Modal>
  );
}

function Answer({ sum, what }: { sum: Simulation; what: Supposition }) {
  return (
    <Stack gap="md">
      <Facts
        rows={[
          ['Devices in service', String(sum.devices)],
          ['Would change', String(sum.changed)],
          ['Would fetch their policy anew', String(sum.told)],
          ['Would fall out of policy', String(sum.out)],
        ]}
      />
      <Text size="sm" c="dimmed">
        A device falls out of policy when it cannot keep what is newly asked, or would get no mail. What
        devices do in truth is not foreseen.
      </Text>
      <Tabs defaultValue="platforms" keepMounted={false}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="platforms">By platform</Tabs.Tab>
          <Tabs.Tab value="settings">By setting</Tabs.Tab>
          <Tabs.Tab value="changed" disabled={sum.changed === 0}>
            Devices that change
          </Tabs.Tab>
          <Tabs.Tab value="out" disabled={sum.out === 0}>
            Devices that fall out
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="platforms">
          <Table
            framed
            label="By platform"
            rows={sum.platforms}
            id={(p) => p.key}
            columns={[
              { key: 'label', label: 'Platform', cell: (p) => p.label },
              { key: 'devices', label: 'Devices', cell: (p) => p.devices, align: 'right' },
              { key: 'changed', label: 'Change', cell: (p) => p.changed, align: 'right' },
              { key: 'out', label: 'Fall out', cell: (p) => p.out, align: 'right' },
            ]}
          />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <Table
            framed
            label="By setting"
            rows={sum.settings}
            id={(s) => s.key}
            columns={[
              { key: 'label', label: 'Setting', cell: (s) => s.label },
              { key: 'changed', label: 'Changes for', cell: (s) => s.changed, align: 'right' },
              { key: 'out', label: 'Not kept by', cell: (s) => s.out, align: 'right' },
            ]}
          />
        </Tabs.Panel>
        <Tabs.Panel value="changed">
          <Devices what={what} out={false} />
        </Tabs.Panel>
        <Tabs.Panel value="out">
          <Devices what={what} out />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function Devices({ what, out }: { what: Supposition; out: boolean }) {
  const answer = useInfiniteQuery(simulatedDevices(what, out));
  const rows = answer.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <Stack gap="sm">
      {answer.isError && <Trouble error={answer.error} />}
      <Table
        framed
        label={out ? 'Devices that fall out' : 'Devices that change'}
        rows={rows}
        id={(d) => d.id}
        columns={[
          {
            key: 'name',
            label: 'Device',
            cell: (d) => (
              <Link to="/devices/$id" params={{ id: d.id }}>
                {d.name}
              </Link>
            ),
          },
          { key: 'user', label: 'User', cell: (d) => person(d.user) },
          { key: 'platform', label: 'Platform', cell: (d) => d.platform },
          {
            key: 'what',
            label: out ? 'What it cannot keep' : 'What changes',
            cell: (d) => (
              <ul className={classes.plain}>
                {out
                  ? d.out.map((o) => (
                      <li key={o.name}>
                        {o.name}: {o.message}
                      </li>
                    ))
                  : d.changes.map((c) => (
                      <li key={c.key}>
                        {c.label}: {c.before || 'None'} → {c.after || 'None'}
                      </li>
                    ))}
              </ul>
            ),
          },
        ]}
      />
      {answer.hasNextPage && (
        <Button
          variant="default"
          loading={answer.isFetchingNextPage}
          onClick={() => void answer.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </Stack>
  );
}
