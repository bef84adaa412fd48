import { Loader, SimpleGrid, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import type { Tagged } from '../../api/client';
import { editSchedule, makeSchedule, schedule } from '../../api/schedules';
import type { Schedule, ScheduleFetch } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { submits } from '../../ui/submit';
import { Trouble } from '../../ui/Trouble';
import { OFFICE, toWeek, toWindows, type Week } from '../../ui/week/week';
import { WeekField } from '../../ui/week/WeekField';
import { ownZone } from '../../ui/week/zone';
import { ZoneField } from '../../ui/week/ZoneField';
import { FetchField } from './FetchField';

interface Values {
  name: string;
  zone: string;
  week: Week;
  peak: ScheduleFetch;
  offPeak: ScheduleFetch;
}

function firstValues(): Values {
  return {
    name: '',
    zone: ownZone(),
    week: toWeek([OFFICE]),
    peak: { manner: 'push' },
    offPeak: { manner: 'interval', minutes: 60 },
  };
}

const valuesOf = (s: Schedule): Values => ({
  name: s.name,
  zone: s.zone,
  week: toWeek(s.windows),
  peak: s.peak,
  offPeak: s.offPeak,
});

/** Makes a schedule, or changes what one says. */
export function ScheduleForm({ of, onClose }: { of?: Schedule; onClose: () => void }) {
  const known = useQuery({ ...schedule(of?.id ?? ''), enabled: of !== undefined });
  if (!of) return <Form onClose={onClose} />;
  if (known.data && !known.isFetching) return <Form of={known.data} onClose={onClose} />;
  return (
    <Dialog opened plain title="Edit the schedule" submit="Close" onClose={onClose} onSubmit={onClose}>
      {known.error ? <Trouble error={known.error} /> : <Loader aria-label="Loading" />}
    </Dialog>
  );
}

function Form({ of, onClose }: { of?: Tagged<Schedule>; onClose: () => void }) {
  const form = useForm<Values>({
    initialValues: of ? valuesOf(of) : firstValues(),
    validate: { name: (v) => (v.trim() ? null : 'Give it a name.') },
  });
  const save = useAct(
    ({ name, zone, week, peak, offPeak }: Values) => {
      const body = { name, zone, windows: toWindows(week), peak, offPeak };
      return of ? editSchedule(of, of.etag, body) : makeSchedule(body);
    },
    {
      done: (saved) =>
        saved.targets.length === 0
          ? 'Saved. It is for nobody yet: assign it below.'
          : 'Saved. Devices keep to it from now on.',
      stale: ['schedules', 'devices'],
      after: onClose,
    },
  );
  const submit = submits(form, save);
  const set = (key: 'peak' | 'offPeak') => (value: ScheduleFetch) => form.setFieldValue(key, value);
  const fault = (key: 'peak' | 'offPeak') => form.errors[key] as string | undefined;
  return (
    <Dialog
      opened
      size="xl"
      title={of ? 'Edit the schedule' : 'New schedule'}
      submit="Save"
      onClose={onClose}
      onSubmit={() => submit()}
      busy={save.isPending}
      error={save.error}
    >
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput label="Name" placeholder="Office hours" data-autofocus {...form.getInputProps('name')} />
        <ZoneField label="By the clocks of" {...form.getInputProps('zone')} />
        <FetchField label="At peak" value={form.values.peak} onChange={set('peak')} error={fault('peak')} />
        <FetchField
          label="At other times"
          value={form.values.offPeak}
          onChange={set('offPeak')}
          error={fault('offPeak')}
        />
      </SimpleGrid>
      <WeekField
        label="Times of peak"
        noun="peak"
        week={form.values.week}
        onChange={(week) => form.setFieldValue('week', week)}
      />
    </Dialog>
  );
}
