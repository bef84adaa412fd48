import { SegmentedControl, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { addRule, editRule } from '../../api/registration';
import type { ComputerPlace, RegistrationRule, RegistrationRuleDraft } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { ConditionFields } from './ConditionFields';
import { PlaceFields } from './PlaceFields';
import { MEANS, VERDICTS } from './words';

interface RuleFormProps {
  rule?: RegistrationRule;
  onClose: () => void;
}

/** Makes or changes one rule. */
export function RuleForm({ rule, onClose }: RuleFormProps) {
  const [draft, setDraft] = useState<RegistrationRuleDraft>({
    name: rule?.name ?? '',
    enabled: rule?.enabled ?? true,
    conditions: rule?.conditions ?? [],
    verdict: rule?.verdict ?? 'admit',
    place: rule?.place ?? {},
    note: rule?.note ?? '',
  });
  const change = (part: Partial<RegistrationRuleDraft>) => setDraft((old) => ({ ...old, ...part }));
  const save = useAct(
    () => {
      const body = { ...draft, place: draft.verdict === 'admit' ? draft.place : {} };
      return rule ? editRule(rule, body) : addRule(body);
    },
    {
      done: () => 'Saved. It holds for the next computer that comes.',
      stale: ['registration'],
      after: onClose,
    },
  );
  return (
    <Dialog
      opened
      size="xl"
      title={rule ? 'Edit the rule' : 'Add a rule'}
      submit="Save"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
      incomplete={!draft.name.trim()}
    >
      <TextInput
        label="Name"
        placeholder="Web servers"
        maxLength={128}
        value={draft.name}
        onChange={(e) => change({ name: e.currentTarget.value })}
        data-autofocus
      />
      <ConditionFields value={draft.conditions ?? []} onChange={(conditions) => change({ conditions })} />
      <VerdictFields
        verdict={draft.verdict}
        place={draft.place ?? {}}
        onChange={(verdict, place) => change({ verdict: verdict as RegistrationRuleDraft['verdict'], place })}
      />
      <TextInput
        label="Note (optional)"
        description="Why this rule is here."
        maxLength={500}
        value={draft.note ?? ''}
        onChange={(e) => change({ note: e.currentTarget.value })}
      />
      <Switch
        label="In use"
        checked={draft.enabled}
        onChange={(e) => change({ enabled: e.currentTarget.checked })}
      />
    </Dialog>
  );
}

interface VerdictFieldsProps {
  verdict: string;
  place: ComputerPlace;
  onChange: (verdict: string, place: ComputerPlace) => void;
}

/** What becomes of a computer, and where it is put when it comes in. */
export function VerdictFields({ verdict, place, onChange }: VerdictFieldsProps) {
  return (
    <>
      <Stack gap={6}>
        <SegmentedControl
          aria-label="What becomes of it"
          data={VERDICTS}
          value={verdict}
          onChange={(next) => onChange(next, place)}
        />
        <Text size="sm" c="dimmed">
          {MEANS[verdict]}
        </Text>
      </Stack>
      {verdict === 'admit' && <PlaceFields value={place} onChange={(next) => onChange(verdict, next)} />}
    </>
  );
}
