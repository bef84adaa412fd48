import { Group, NumberInput, Select, Text } from '@mantine/core';
import { useId, useState } from 'react';
import { UNITS } from './time';

interface DurationFieldProps {
  label: string;
  description: string;
  /** In seconds. */
  value: number;
  onChange: (seconds: number) => void;
  error?: string;
}

/** A length of time: a number, and what it counts. */
export function DurationField({ label, description, value, onChange, error }: DurationFieldProps) {
  const id = useId();
  const [unit, setUnit] = useState<number>(
    () => UNITS.find((u) => value > 0 && value % u.seconds === 0)?.seconds ?? 60,
  );
  return (
    <div role="group" aria-labelledby={`${id}-label`} aria-describedby={`${id}-words`}>
      <Text size="sm" fw={500} id={`${id}-label`}>
        {label}
      </Text>
      <Text size="xs" c="dimmed" mb={5} id={`${id}-words`}>
        {description}
      </Text>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <NumberInput
          aria-label={`${label}: how many`}
          min={0}
          allowDecimal={false}
          value={value / unit}
          onChange={(next) => onChange(Math.round(Number(next) * unit))}
          error={error}
          style={{ flex: 1 }}
        />
        <Select
          aria-label={`${label}: unit`}
          data={UNITS.map((u) => ({ value: String(u.seconds), label: `${u.unit}s` }))}
          value={String(unit)}
          onChange={(next) => {
            const seconds = Number(next);
            onChange(Math.round((value / unit) * seconds));
            setUnit(seconds);
          }}
          allowDeselect={false}
          w={120}
        />
      </Group>
    </div>
  );
}
