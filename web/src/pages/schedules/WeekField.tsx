import { ActionIcon, Button, Group, Text, TextInput } from '@mantine/core';
import { Plus, X } from 'lucide-react';
import { clock, DAYS, minutesOf, ORDER, overMidnight, WORKDAYS, type Peak, type Week } from './week';
import { Bar } from './WeekGlance';
import classes from './schedules.module.css';

interface WeekFieldProps {
  week: Week;
  onChange: (week: Week) => void;
}

const FIRST: Peak = { from: 8 * 60, to: 18 * 60 };

/** The times of peak, day by day. */
export function WeekField({ week, onChange }: WeekFieldProps) {
  const set = (day: number, peaks: Peak[]) => onChange(week.map((old, i) => (i === day ? peaks : old)));
  const likeMonday = () =>
    onChange(week.map((old, i) => (WORKDAYS.some((d) => d === i) ? (week[1] ?? []) : old)));
  return (
    <div role="group" aria-label="Times of peak">
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={500}>
          Times of peak
        </Text>
        <Button size="compact-sm" variant="default" onClick={likeMonday}>
          Every workday like Monday
        </Button>
      </Group>
      {ORDER.map((day) => (
        <Day key={day} day={day} week={week} onChange={(peaks) => set(day, peaks)} />
      ))}
    </div>
  );
}

interface DayProps {
  day: number;
  week: Week;
  onChange: (peaks: Peak[]) => void;
}

function Day({ day, week, onChange }: DayProps) {
  const name = DAYS[day] ?? '';
  const peaks = week[day] ?? [];
  const change = (at: number, part: Partial<Peak>) =>
    onChange(peaks.map((p, i) => (i === at ? { ...p, ...part } : p)));
  return (
    <div className={classes.day} role="group" aria-label={name}>
      <Text size="sm">{name}</Text>
      <Bar week={week} day={day} />
      <div className={classes.peaks}>
        {peaks.map((p, i) => (
          <Group key={i} gap={6} wrap="nowrap">
            <Clock
              label={`${name}, peak ${i + 1}, from`}
              value={p.from}
              onChange={(from) => change(i, { from })}
            />
            <span aria-hidden>–</span>
            <Clock label={`${name}, peak ${i + 1}, to`} value={p.to} onChange={(to) => change(i, { to })} />
            {(overMidnight(p) || p.to === p.from) && (
              <Text size="xs" c="dimmed" className={classes.next}>
                next day
              </Text>
            )}
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove peak ${i + 1} of ${name}`}
              onClick={() => onChange(peaks.filter((_, j) => j !== i))}
            >
              <X size={15} />
            </ActionIcon>
          </Group>
        ))}
        {peaks.length === 0 && (
          <Text size="sm" c="dimmed">
            No peak
          </Text>
        )}
      </div>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Add a peak on ${name}`}
        onClick={() => onChange([...peaks, FIRST])}
      >
        <Plus size={15} />
      </ActionIcon>
    </div>
  );
}

interface ClockProps {
  label: string;
  value: number;
  onChange: (minutes: number) => void;
}

function Clock({ label, value, onChange }: ClockProps) {
  return (
    <TextInput
      type="time"
      size="xs"
      aria-label={label}
      value={clock(value)}
      onChange={(e) => {
        const minutes = minutesOf(e.currentTarget.value);
        if (minutes !== undefined) onChange(minutes);
      }}
    />
  );
}
