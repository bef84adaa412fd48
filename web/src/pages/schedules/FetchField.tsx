import { NumberInput, SegmentedControl, Stack, Text } from '@mantine/core';
import { useId } from 'react';
import type { ScheduleFetch } from '../../api/types';

interface FetchFieldProps {
  label: string;
  value: ScheduleFetch;
  onChange: (value: ScheduleFetch) => void;
  error?: string;
}

const FIRST_INTERVAL = 60;

/** How devices come for news at some time: told at once, asking every so often, or by hand. */
export function FetchField({ label, value, onChange, error }: FetchFieldProps) {
  const id = useId();
  const choose = (manner: string) =>
    onChange(
      manner === 'interval'
        ? { manner, minutes: FIRST_INTERVAL }
        : { manner: manner as ScheduleFetch['manner'] },
    );
  return (
    <Stack gap={6} role="group" aria-labelledby={id}>
      <Text size="sm" fw={500} id={id}>
        {label}
      </Text>
      <SegmentedControl
        fullWidth
        aria-label={label}
        value={value.manner}
        onChange={choose}
        data={[
          { value: 'push', label: 'Told at once' },
          { value: 'interval', label: 'Asks' },
          { value: 'manual', label: 'By hand' },
        ]}
      />
      {value.manner === 'interval' && (
        <NumberInput
          aria-label={`${label}: minutes between questions`}
          prefix="Every "
          suffix=" minutes"
          min={5}
          max={1440}
          allowDecimal={false}
          value={value.minutes}
          onChange={(n) => onChange({ manner: 'interval', minutes: Number(n) || 0 })}
        />
      )}
      {error && (
        <Text size="xs" c="var(--mantine-color-error)">
          {error}
        </Text>
      )}
    </Stack>
  );
}
