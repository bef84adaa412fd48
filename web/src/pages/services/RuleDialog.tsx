import { SegmentedControl, Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { DoorRule } from '../../api/types';
import { Dialog } from '../../ui/Dialog';

interface RuleDialogProps {
  rule?: DoorRule;
  onSave: (rule: DoorRule) => void;
  onClose: () => void;
}

const WHOM = [
  { value: 'internal', label: 'All internal addresses' },
  { value: 'servers', label: 'All servers of the zone' },
  { value: 'addresses', label: 'Addresses' },
];

/** Makes or changes one rule of the draft. */
export function RuleDialog({ rule, onSave, onClose }: RuleDialogProps) {
  const named = rule && (rule.from === 'internal' || rule.from === 'servers');
  const form = useForm({
    initialValues: {
      verdict: rule?.verdict ?? 'allow',
      whom: named ? rule.from : 'addresses',
      from: named ? '' : (rule?.from ?? ''),
      note: rule?.note ?? '',
      until: rule?.until?.slice(0, 10) ?? '',
    },
    validate: {
      from: (v, all) => (all.whom !== 'addresses' || v.trim() ? null : 'Say which addresses.'),
    },
  });
  const submit = form.onSubmit((v) => {
    const made: DoorRule = { verdict: v.verdict, from: v.whom === 'addresses' ? v.from.trim() : v.whom };
    if (v.note.trim()) made.note = v.note.trim();
    if (v.until) made.until = `${v.until}T23:59:59Z`;
    onSave(made);
    onClose();
  });
  return (
    <Dialog
      opened
      title={rule ? 'Edit the rule' : 'Add a rule'}
      submit={rule ? 'Change it' : 'Add it'}
      onClose={onClose}
      onSubmit={() => submit()}
    >
      <SegmentedControl
        aria-label="What becomes of them"
        data={[
          { value: 'allow', label: 'Let in' },
          { value: 'deny', label: 'Keep out' },
        ]}
        {...form.getInputProps('verdict')}
      />
      <Select label="Whom" data={WHOM} allowDeselect={false} {...form.getInputProps('whom')} />
      {form.values.whom === 'addresses' && (
        <TextInput
          label="Addresses"
          description="One address, a network such as 192.0.2.0/24 or 2001:db8::/32, or a run: 192.0.2.10-192.0.2.20."
          {...form.getInputProps('from')}
        />
      )}
      <TextInput
        label="Note (optional)"
        description="Why this rule is here."
        {...form.getInputProps('note')}
      />
      <TextInput
        type="date"
        label="Ends after (optional)"
        description="The last day on which it holds, in UTC."
        {...form.getInputProps('until')}
      />
    </Dialog>
  );
}
