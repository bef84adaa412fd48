import { SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { AccessRule, AccessRuleDraft as Values } from '../../api/types';
import { addRule, editRule } from '../../api/zone';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { submits } from '../../ui/submit';
import { PatternField } from './PatternField';
import { MATCHES } from './rule';

const DECISIONS = [
  { value: 'allow', label: 'Allow' },
  { value: 'quarantine', label: 'Quarantine' },
  { value: 'block', label: 'Block' },
];

const MEANS: Record<string, string> = {
  allow: 'Mail flows, under the policy that applies.',
  quarantine: 'The mailbox holds one message that says why and what to do. No mail flows.',
  block: 'The device is refused.',
};

/** Makes or changes one rule. */
export function RuleForm({ rule, onClose }: { rule?: AccessRule; onClose: () => void }) {
  const form = useForm<Values>({
    initialValues: {
      name: rule?.name ?? '',
      match: rule?.match ?? 'platform',
      pattern: rule?.pattern ?? '',
      decision: rule?.decision ?? 'quarantine',
      note: rule?.note ?? '',
      expires: rule?.expires ?? '',
    },
    validate: {
      name: (v) => (v.trim() ? null : 'Give it a name.'),
      pattern: (v, all) => (all.match === 'any' || v?.trim() ? null : 'Say what to look for.'),
    },
  });
  const save = useAct((values: Values) => (rule ? editRule(rule, values) : addRule(values)), {
    done: () => 'Saved. It holds from every device’s next request.',
    stale: ['access-rules', 'devices', 'overview'],
    after: onClose,
  });
  const submit = submits(form, save);
  return (
    <Dialog
      opened
      title={rule ? 'Edit the rule' : 'Add a rule'}
      submit="Save"
      onClose={onClose}
      onSubmit={() => submit()}
      busy={save.isPending}
      error={save.error}
    >
      <TextInput label="Name" placeholder="Old Android" data-autofocus {...form.getInputProps('name')} />
      <Select
        label="What it looks at"
        data={Object.entries(MATCHES).map(([value, m]) => ({ value, label: m.label }))}
        allowDeselect={false}
        {...form.getInputProps('match')}
        onChange={(next) => form.setValues({ match: next as Values['match'], pattern: '' })}
      />
      <PatternField
        match={form.values.match}
        value={form.values.pattern ?? ''}
        error={form.errors.pattern}
        onChange={(pattern) => form.setFieldValue('pattern', pattern)}
      />
      <Stack gap={6}>
        <SegmentedControl aria-label="Decision" data={DECISIONS} {...form.getInputProps('decision')} />
        <Text size="sm" c="dimmed">
          {MEANS[form.values.decision]}
        </Text>
      </Stack>
      <TextInput
        label="Note (optional)"
        description="Why this rule is here."
        {...form.getInputProps('note')}
      />
    </Dialog>
  );
}
