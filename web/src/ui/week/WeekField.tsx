import { ActionIcon, Button, Group, Text, TextInput } from '@mantine/core';
import { Plus, X } from 'lucide-react';
import { clock, DAYS, minutesOf, OFFICE, ORDER, overMidnight, WORKDAYS, type Span, type Week } from './week';
import { Bar } from './Bar';
import classes from './week.module.css';

interface WeekFieldProps {
  label: string;
  /** What one of the times is called: "peak". */
  noun: string;
  week: Week;
  onChange: (week: Week) => void;
}

const FIRST: Span = { from: OFFICE.from, to: OFFICE.to };

/** Times of a week, day by day. */
export function WeekField({ label, noun, week, onChange }: WeekFieldProps) {
  const set = (day: number, spans: Span[]) => onChange(week.map((old, i) => (i === day ? spans : old)));
  const likeMonday = () =>
    onChange(week.map((old, i) => (WORKDAYS.some((d) => d === i) ? (week[1] ?? []) : old)));
  return (
    <div role="group" aria-label={label}>
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={500}>
          {label}
        </Text>
        <Button size="compact-sm" variant="default" onClick={likeMonday}>
          Every workday like Monday
        </Button>
      </Group>
      {ORDER.map((day) => (
        <Day key={day} day={day} noun={noun} week={week} onChange={(spans) => set(day, spans)} />
      ))}
    </div>
  );
}

interface DayProps {
  day: number;
  noun: string;
  week: Week;
  onChange: (spans: Span[]) => void;
}

function Day({ day, noun, week, onChange }: DayProps) {
  const name = DAYS[day] ?? '';
  const spans = week[day] ?? [];
  const change = (at: number, part: Partial<Span>) =>
    onChange(spans.map((p, i) => (i === at ? { ...p, ...part } : p)));
  return (
    <div className={classes.day} role="group" aria-label={name}>
      <Text size="sm">{name}</Text>
      <Bar week={week} day={day} />
      <div className={classes.spans}>
        {spans.map((p, i) => (
          <Group key={i} gap={6} wrap="nowrap">
            <Clock
              label={`${name}, ${noun} ${i + 1}, from`}
              value={p.from}
              onChange={(from) => change(i, { from })}
            />
            <span aria-hidden>–</span>
            <Clock
              label={`${name}, ${noun} ${i + 1}, to`}
              value={p.to}
              onChange={(to) => change(i, { to })}
            />
            {(overMidnight(p) || p.to === p.from) && (
              <Text size="xs" c="dimmed" className={classes.next}>
                next day
              </Text>
            )}
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove ${noun} ${i + 1} of ${name}`}
              onClick={() => onChange(spans.filter((_, j) => j !== i))}
            >
              <X size={15} />
            </ActionIcon>
          </Group>
        ))}
        {spans.length === 0 && (
          <Text size="sm" c="dimmed">
            No {noun}
          </Text>
        )}
      </div>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Add a ${noun} on ${name}`}
        onClick={() => onChange([...spans, FIRST])}
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
