import { Button, Select, Text } from '@mantine/core';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { assignSchedule, unassignSchedule } from '../../api/schedules';
import type { Schedule, ScheduleTarget } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { RowButton } from '../../ui/RowButton';
import { isChosen, NOBODY, TargetFields } from '../policies/TargetFields';

const KINDS: Record<string, string> = {
  default: 'Everyone else',
  group: 'Group',
  user: 'User',
  device: 'Device',
};

type Row = ScheduleTarget & { schedule: Schedule };

const STALE = ['schedules', 'devices'];

/** Who gets which schedule. */
export function Targets({ all }: { all: Schedule[] }) {
  const may = useMay();
  const [adding, setAdding] = useState(false);
  const rows = all.flatMap((s) => s.targets.map((t): Row => ({ ...t, schedule: s })));
  const named = (r: Row) => r.target.name || r.target.id || KINDS.default;
  const remove = useAct((r: Row) => unassignSchedule(r.schedule.id, { kind: r.kind, target: r.target.id }), {
    done: () => 'The assignment is removed.',
    stale: STALE,
  });
  return (
    <Panel
      title="Who gets which"
      flush
      aside={
        may('policy.assign') && (
          <Button size="xs" variant="default" onClick={() => setAdding(true)}>
            Assign a schedule
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed" px="lg" pb="sm">
        One schedule holds for a device as a whole: its own, else its user’s, else that of its groups by
        priority, else the default.
      </Text>
      {rows.length === 0 ? (
        <Text size="sm" px="lg" pb="lg">
          Nothing is assigned yet, so no schedule holds. Assign one to everyone to begin.
        </Text>
      ) : (
        <Table
          label="Assignments"
          rows={rows}
          id={(r) => r.kind + r.target.id}
          columns={[
            { key: 'target', label: 'To', cell: named },
            { key: 'kind', label: 'Kind', cell: (r) => KINDS[r.kind] ?? r.kind },
            { key: 'schedule', label: 'Schedule', cell: (r) => r.schedule.name },
            { key: 'priority', label: 'Priority', cell: (r) => (r.kind === 'group' ? r.priority : '–') },
            {
              key: 'act',
              label: 'Remove',
              silent: true,
              align: 'right',
              cell: (r) =>
                may('policy.assign') && (
                  <RowButton
                    icon={Trash2}
                    label={`Remove the assignment to ${named(r)}`}
                    onClick={() => remove.mutate(r)}
                  />
                ),
            },
          ]}
        />
      )}
      {adding && <Assign all={all} onClose={() => setAdding(false)} />}
    </Panel>
  );
}

function Assign({ all, onClose }: { all: Schedule[]; onClose: () => void }) {
  const [schedule, setSchedule] = useState<string | null>(null);
  const [to, setTo] = useState(NOBODY);
  const draft = { kind: to.kind || 'default', target: to.target ?? '', priority: to.priority };
  const run = useAct(() => assignSchedule(schedule ?? '', draft), {
    done: () => 'Assigned. Devices keep to it from now on.',
    stale: STALE,
    after: onClose,
  });
  return (
    <Dialog
      opened
      title="Assign a schedule"
      submit="Assign"
      onClose={onClose}
      onSubmit={() => run.mutate()}
      busy={run.isPending}
      error={run.error}
      incomplete={!schedule || !isChosen(to)}
    >
      <Select
        label="Schedule"
        placeholder="Choose one"
        data={all.map((s) => ({ value: s.id, label: s.name }))}
        value={schedule}
        onChange={setSchedule}
        allowDeselect={false}
      />
      <TargetFields
        value={to}
        onChange={setTo}
        priorityHint="Of several groups of a device the greatest holds."
      />
    </Dialog>
  );
}
