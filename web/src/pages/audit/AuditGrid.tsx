import { Drawer, Group, Stack, Text } from '@mantine/core';
import { ScrollText } from 'lucide-react';
import { useState } from 'react';
import { revealAudit, type audit } from '../../api/zone';
import type { AuditRecord } from '../../api/types';
import { useMay } from '../../app/me';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Grid, type GridColumn } from '../../ui/Grid';
import { Panel } from '../../ui/Panel';
import { actorName } from '../../ui/actor';
import { Reveal } from '../../ui/Reveal';
import { Status } from '../../ui/Status';
import { humanize } from '../../ui/states';
import { exactly } from '../../ui/time';
import { When } from '../../ui/When';
import { changes } from './changes';
import { subjectName } from './subject';
import { Table } from '../../ui/Table';

function columns(open: (r: AuditRecord) => void): GridColumn<AuditRecord>[] {
  return [
    {
      key: 'action',
      label: 'What',
      track: 'minmax(200px, 1.3fr)',
      phone: 'lead',
      cell: (r) => (
        <button type="button" className="link" onClick={() => open(r)}>
          {humanize(r.action)}
        </button>
      ),
    },
    {
      key: 'subject',
      label: 'On what',
      track: 'minmax(180px, 1.2fr)',
      phone: 'second',
      cell: (r) => subjectName(r.subject),
    },
    { key: 'actor', label: 'Who', track: 'minmax(130px, 1fr)', cell: (r) => actorName(r.actor) },
    { key: 'address', label: 'From', track: '150px', cell: (r) => r.address },
    {
      key: 'outcome',
      label: 'Outcome',
      track: '120px',
      phone: 'mark',
      cell: (r) => <Status state={r.outcome} plain />,
    },
    { key: 'at', label: 'When', track: '140px', cell: (r) => <When time={r.at} /> },
  ];
}

interface AuditGridProps {
  query: ReturnType<typeof audit>;
  empty: string;
}

/** Records of the audit log, each with what it changed. */
export function AuditGrid({ query, empty }: AuditGridProps) {
  const [opened, setOpened] = useState<AuditRecord>();
  return (
    <>
      <Grid
        label="Audit log"
        noun="record"
        query={query}
        columns={columns(setOpened)}
        id={(r) => r.id}
        name={(r) => humanize(r.action)}
        empty={
          <Empty icon={ScrollText} title="No record">
            {empty}
          </Empty>
        }
      />
      <Drawer opened={Boolean(opened)} onClose={() => setOpened(undefined)} title="Record" size="lg">
        {opened && <Details record={opened} />}
      </Drawer>
    </>
  );
}

/** The personal values of a record by name, sealed until one looks. */
async function personal(id: string, reason: string): Promise<[string, string][]> {
  const { values } = await revealAudit(id, reason);
  return Object.entries(values).map(([name, value]) => [humanize(name), value]);
}

function Details({ record: r }: { record: AuditRecord }) {
  const may = useMay();
  const lines = changes(r.before, r.after);
  return (
    <Stack gap="lg">
      <Group gap="sm">
        <Text fw={600}>{humanize(r.action)}</Text>
        <Status state={r.outcome} />
      </Group>
      <Facts
        rows={[
          ['Who', actorName(r.actor)],
          ['From', r.address],
          ['On what', subjectName(r.subject)],
          ['Its number', r.subject.id && <code key="i">{r.subject.id}</code>],
          ['When', exactly(r.at)],
          ['Reason', r.reason || (r.personal ? 'Sealed, with the personal values' : 'None given')],
          ['In the chain', r.number > 0 ? `Sealed as number ${r.number}` : 'Not sealed yet'],
        ]}
      />
      {lines.length > 0 ? (
        <Panel title="What changed" flush>
          <Table
            label="What changed"
            rows={lines}
            id={(l) => l.name}
            columns={[
              { key: 'name', label: 'Value', cell: (l) => humanize(l.name) },
              { key: 'before', label: 'Before', cell: (l) => l.before },
              { key: 'after', label: 'After', cell: (l) => l.after },
            ]}
          />
        </Panel>
      ) : (
        <Text size="sm" c="dimmed">
          This record holds no values: it says that something happened, not what was changed.
        </Text>
      )}
      {r.personal &&
        (may('user.personal.read') ? (
          <Group gap="sm">
            <Text size="sm">It has personal values too, which are sealed.</Text>
            <Reveal what="its personal values" look={(reason) => personal(r.id, reason)} />
          </Group>
        ) : (
          <Text size="sm" c="dimmed">
            It has personal values too, which you do not have the right to see.
          </Text>
        ))}
    </Stack>
  );
}
