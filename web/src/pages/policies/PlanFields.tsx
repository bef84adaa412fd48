import { MultiSelect, NumberInput, Slider, Stack, Text } from '@mantine/core';
import type { RolloutPlan } from '../../api/types';
import { useGroups } from './SuiteTarget';

const MARKS = [0, 25, 50, 75, 100].map((value) => ({ value, label: `${value} %` }));

/** Who gets a new version first. */
export function PlanFields({ plan, onChange }: { plan: RolloutPlan; onChange: (plan: RolloutPlan) => void }) {
  const choices = useGroups();
  return (
    <Stack gap="md">
      <MultiSelect
        label="First ring"
        description="Groups whose devices get it at once."
        data={choices}
        value={plan.groups ?? []}
        onChange={(next) => onChange({ ...plan, groups: next })}
        searchable
      />
      <div>
        <Text size="sm" fw={500}>
          Share of the other devices: {plan.percent} %
        </Text>
        <Slider
          thumbLabel="Share of the other devices, percent"
          value={plan.percent}
          onChange={(next) => onChange({ ...plan, percent: next })}
          marks={MARKS}
          label={null}
          mb="xl"
          mt="xs"
        />
      </div>
      <NumberInput
        label="Rise by itself"
        description="Percent of the devices each time; 0 for not by itself."
        suffix=" %"
        min={0}
        max={100}
        value={plan.step ?? 0}
        onChange={(n) => onChange({ ...plan, step: Number(n) || 0, minutes: plan.minutes || 1440 })}
      />
      {(plan.step ?? 0) > 0 && (
        <NumberInput
          label="Hours between"
          min={1}
          max={720}
          value={(plan.minutes ?? 0) / 60}
          onChange={(n) => onChange({ ...plan, minutes: Math.round((Number(n) || 1) * 60) })}
        />
      )}
    </Stack>
  );
}
