import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CalendarClock, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { removeSchedule, schedules } from '../../api/schedules';
import type { Schedule } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { plural } from '../../ui/time';
import { RowButton } from '../../ui/RowButton';
import { DeviceNow } from './DeviceNow';
import { ScheduleForm } from './ScheduleForm';
import { Targets } from './Targets';
import { fetchWords, sentence } from './words';
import { WeekGlance } from './WeekGlance';

const STALE = ['schedules', 'devices'];

/** When devices come for news, and who gets which schedule. */
export default function Schedules() {
  const may = useMay();
  const answer = useQuery(schedules);
  const [form, setForm] = useState<Schedule | 'new'>();
  const [gone, setGone] = useState<Schedule>();
  const make = may('policy.assign') && (
    <Button leftSection={<Plus size={16} />} onClick={() => setForm('new')}>
      New schedule
    </Button>
  );
  return (
    <>
      <PageHead
        title="Schedules"
        lead="When devices come for news: told at once, asking every so often, or by hand, at times of peak and at others."
      >
        {(answer.data?.length ?? 0) > 0 && make}
      </PageHead>
      <Loaded of={answer}>
        {(all) =>
          all.length === 0 ? (
            <Panel>
              <Empty icon={CalendarClock} title="No schedule yet" action={make}>
                Devices are told of news at once, or as their users have set it. A schedule can let them rest
                at night and on Sundays.
              </Empty>
            </Panel>
          ) : (
            <Stack gap="lg">
              <List all={all} onEdit={setForm} onRemove={setGone} />
              <Targets all={all} />
              <DeviceNow />
            </Stack>
          )
        }
      </Loaded>
      {form && <ScheduleForm of={form === 'new' ? undefined : form} onClose={() => setForm(undefined)} />}
      {gone && <Remove schedule={gone} onClose={() => setGone(undefined)} />}
    </>
  );
}

interface ListProps {
  all: Schedule[];
  onEdit: (schedule: Schedule) => void;
  onRemove: (schedule: Schedule) => void;
}

function List({ all, onEdit, onRemove }: ListProps) {
  const may = useMay();
  return (
    <Table
      framed
      label="Schedules"
      rows={all}
      id={(s) => s.id}
      columns={[
        {
          key: 'name',
          label: 'Schedule',
          cell: (s) => (
            <div>
              <Text size="sm" fw={500}>
                {s.name}
              </Text>
              <Text size="xs" c="dimmed">
                {s.zone || 'UTC'}
              </Text>
              {s.targets.length === 0 && (
                <Text size="xs" mt={4}>
                  <ToneMark tone="info">Assigned to nobody: it holds for no device.</ToneMark>
                </Text>
              )}
            </div>
          ),
        },
        { key: 'week', label: 'Peak', width: '280px', cell: (s) => <WeekGlance windows={s.windows} /> },
        { key: 'at', label: 'At peak', cell: (s) => sentence(fetchWords(s.peak)) },
        { key: 'off', label: 'At other times', cell: (s) => sentence(fetchWords(s.offPeak)) },
        {
          key: 'acts',
          label: 'Actions',
          silent: true,
          width: '90px',
          cell: (s) =>
            may('policy.assign') && (
              <Group gap={2} wrap="nowrap">
                <RowButton icon={Pencil} label={`Edit ${s.name}`} onClick={() => onEdit(s)} />
                <RowButton icon={Trash2} label={`Remove ${s.name}`} onClick={() => onRemove(s)} />
              </Group>
            ),
        },
      ]}
    />
  );
}

function Remove({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const remove = useAct(() => removeSchedule(schedule.id), {
    done: () => 'The schedule is removed.',
    stale: STALE,
    after: onClose,
  });
  return (
    <Dialog
      opened
      danger
      title={`Remove “${schedule.name}”?`}
      submit="Remove the schedule"
      onClose={onClose}
      onSubmit={() => remove.mutate()}
      busy={remove.isPending}
      error={remove.error}
    >
      <Text size="sm">
        {schedule.targets.length === 0
          ? 'It is for nobody.'
          : `It is for ${plural(schedule.targets.length, 'assignment')}. Their devices then follow the next schedule that reaches them, or are told of news at once.`}
      </Text>
    </Dialog>
  );
}
