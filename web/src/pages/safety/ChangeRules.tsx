import { Group, NumberInput, SimpleGrid, Stack, Switch, Text, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { changeSafetyRules } from '../../api/safety';
import type { Tagged } from '../../api/client';
import type { SafetyRules } from '../../api/types';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { DurationField } from '../../ui/DurationField';
import { submits } from '../../ui/submit';
import { plural } from '../../ui/time';
import { outcome } from '../../ui/waiting';
import { BUDGETS, looser, PASS_WORDS, QUORUM_WORDS, SCRIPT_WORDS, TIMES } from './rules';

/** Changes the rules: tighter ones hold at once, looser ones ask others first. */
export function ChangeRules({ rules, onClose }: { rules: Tagged<SafetyRules>; onClose: () => void }) {
  const { etag, ...known } = rules;
  const form = useForm<SafetyRules>({ initialValues: known });
  const save = useAct((values: SafetyRules) => changeSafetyRules(etag, values), {
    done: ({ waiting }) => outcome(waiting, 'The rules are changed.'),
    stale: ['safety', 'session', 'overview', 'approvals', 'devices'],
    after: onClose,
  });
  const submit = submits(form, save);
  const now = form.values;
  const changed = JSON.stringify(now) !== JSON.stringify(known);
  return (
    <Dialog
      opened
      size="xl"
      title="Change the safety rules"
      submit={looser(known, now) && known.quorum > 0 ? 'Ask for approval' : 'Change the rules'}
      onClose={onClose}
      onSubmit={() => submit()}
      busy={save.isPending}
      error={save.error}
      incomplete={!changed}
    >
      <NumberInput
        label="Others who must approve"
        description={QUORUM_WORDS}
        min={0}
        max={5}
        allowDecimal={false}
        {...form.getInputProps('quorum')}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        {TIMES.map(({ key, label, words }) => (
          <DurationField
            key={key}
            label={label}
            description={words}
            value={now[key]}
            onChange={(seconds) => form.setFieldValue(key, seconds)}
            error={form.errors[key] as string | undefined}
          />
        ))}
      </SimpleGrid>
      <Stack gap="sm">
        <Title order={3}>Budgets</Title>
        {BUDGETS.map(({ key, label, words }) => (
          <div key={key} role="group" aria-label={label}>
            <Text size="sm" fw={500}>
              {label}
            </Text>
            <Text size="xs" c="dimmed" mb={5}>
              {words}
            </Text>
            <Group gap="xs" grow align="flex-start">
              <NumberInput
                aria-label={`${label}: acts an hour`}
                suffix=" an hour"
                min={1}
                allowDecimal={false}
                {...form.getInputProps(`${key}.hour`)}
              />
              <NumberInput
                aria-label={`${label}: acts a day`}
                suffix=" a day"
                min={1}
                allowDecimal={false}
                {...form.getInputProps(`${key}.day`)}
              />
            </Group>
          </div>
        ))}
      </Stack>
      <NumberInput
        label="Scripts without approval"
        description={SCRIPT_WORDS}
        suffix=" computers"
        min={0}
        allowDecimal={false}
        {...form.getInputProps('scripts')}
      />
      <Switch
        label="A mail server’s own wipe is carried out unasked"
        description={PASS_WORDS}
        {...form.getInputProps('passUpstream', { type: 'checkbox' })}
      />
      {changed && <Fate looser={looser(known, now)} quorum={known.quorum} />}
    </Dialog>
  );
}

/** What will become of the change, before it is asked for. */
function Fate({ looser: loose, quorum }: { looser: boolean; quorum: number }) {
  if (!loose) return <Callout tone="ok">These rules are tighter: they hold at once.</Callout>;
  if (quorum === 0) {
    return (
      <Callout tone="wait">These rules are looser. Nobody has to approve them, so they hold at once.</Callout>
    );
  }
  return (
    <Callout tone="wait">
      These rules are looser: they hold once {plural(quorum, 'other administrator')} approved them.
    </Callout>
  );
}
