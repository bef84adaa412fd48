import { Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { DeviceSchedule } from '../../api/types';
import { byWhom, nowWords } from './words';

/** What a device gets now, until when, and why. */
export function Holds({ schedule: s }: { schedule: DeviceSchedule }) {
  if (!s.schedule.id) {
    return (
      <Text size="sm">
        No schedule reaches it. It is told of news at once, or as its user has set it. Schedules are under{' '}
        <Link to="/schedules" className="inline">
          Schedules
        </Link>
        .
      </Text>
    );
  }
  const others = s.reaching.slice(1);
  return (
    <Stack gap={4}>
      <Text size="sm" fw={500}>
        {nowWords(s)}
      </Text>
      <Text size="sm">
        {s.isPeak ? 'It is peak' : 'It is not peak'} by{' '}
        <Link to="/schedules" className="inline">
          {s.schedule.name}
        </Link>
        , which is assigned to {byWhom(s.kind, s.target.name)}. Times are by the clocks of {s.zone || 'UTC'}.
      </Text>
      {others.length > 0 && (
        <Text size="sm" c="dimmed">
          Less specific, and so without effect here:{' '}
          {others.map((o) => `${o.schedule.name} (${byWhom(o.kind, o.target.name)})`).join(', ')}.
        </Text>
      )}
    </Stack>
  );
}
