import {
  Anchor,
  Button,
  Checkbox,
  Group,
  List,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { addComplianceRule, conditions, editComplianceRule, tryComplianceRule } from '../../api/compliance';
import type { ComplianceRule, ComplianceRuleDraft, ComplianceTrial } from '../../api/types';
import { platforms } from '../../api/zone';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { platformChoices } from '../../ui/platforms';
import { submits } from '../../ui/submit';
import { plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { ForWhom } from './ForWhom';
import { NeedFields } from './NeedFields';
import { condition, consequences } from './words';

const FIRST: ComplianceRuleDraft = {
  name: '',
  enabled: true,
  condition: 'no-contact',
  hours: 336,
  liability: 'any',
  access: 'none',
  tellOwner: true,
  grace: 0,
  mark: 'none',
  retireAfter: 0,
  wipeAfter: 0,
};

function draftOf(rule: ComplianceRule): ComplianceRuleDraft {
  const draft: Partial<ComplianceRule> = { grace: 0, mark: 'none', retireAfter: 0, wipeAfter: 0, ...rule };
  for (const key of ['id', 'broken', 'restricted', 'version'] as const) delete draft[key];
  return draft as ComplianceRuleDraft;
}

/** Makes or changes a rule, says in words what it does, and tries it on the fleet. */
export function RuleEditor({ rule, onClose }: { rule?: ComplianceRule; onClose: () => void }) {
  const may = useMay();
  const catalogue = useQuery(conditions);
  const rows = useQuery(platforms);
  const choices = platformChoices(rows.data ?? []);
  const form = useForm<ComplianceRuleDraft>({
    initialValues: rule ? draftOf(rule) : FIRST,
    validate: { name: (v) => (v.trim() ? null : 'Give it a name.') },
  });
  const save = useAct(
    (values: ComplianceRuleDraft) => (rule ? editComplianceRule(rule, values) : addComplianceRule(values)),
    {
      done: () => 'Saved. Devices are held to it within a few minutes.',
      stale: ['compliance', 'devices', 'overview'],
      after: onClose,
    },
  );
  const attempt = useMutation({
    mutationFn: (draft: ComplianceRuleDraft) =>
      tryComplianceRule({ ...draft, name: draft.name.trim() || 'A trial' }),
  });
  const submit = submits(form, save);
  const values = form.values;
  const needs = catalogue.data?.find((c) => c.condition === values.condition)?.needs ?? [];
  const platformName = (id: string) => choices.find((c) => c.value === id)?.label ?? id;
  return (
    <Dialog
      opened
      size="lg"
      title={rule ? 'Edit the rule' : 'Add a rule'}
      submit="Save"
      onClose={onClose}
      onSubmit={() => submit()}
      busy={save.isPending}
      error={save.error}
    >
      <TextInput label="Name" placeholder="In contact" data-autofocus {...form.getInputProps('name')} />
      <Select
        label="A device breaks it when"
        data={(catalogue.data ?? []).map((c) => ({ value: c.condition, label: c.words }))}
        allowDeselect={false}
        searchable
        {...form.getInputProps('condition')}
      />
      <NeedFields needs={needs} form={form} platforms={choices} />
      <Checkbox
        label="Not knowing counts too"
        description="A device that has not told breaks the rule as well."
        {...form.getInputProps('unknownCounts', { type: 'checkbox' })}
      />
      <ForWhom form={form} platforms={choices} />
      <Stack gap={6}>
        <Text size="sm" fw={500}>
          What follows
        </Text>
        <Checkbox label="A mail to the owner" {...form.getInputProps('tellOwner', { type: 'checkbox' })} />
        <Checkbox
          label="A mail to the owners of the zone"
          {...form.getInputProps('tellStaff', { type: 'checkbox' })}
        />
      </Stack>
      <SegmentedControl
        aria-label="Mail, or the folder of a computer"
        data={[
          { value: 'none', label: 'Nothing' },
          { value: 'quarantine', label: 'Quarantine' },
          { value: 'block', label: 'Block' },
        ]}
        {...form.getInputProps('access')}
      />
      <Select
        label="The device is called"
        data={[
          { value: 'none', label: 'Nothing' },
          { value: 'stale', label: 'Stale' },
          { value: 'lost', label: 'Lost' },
        ]}
        allowDeselect={false}
        {...form.getInputProps('mark')}
      />
      <Group grow align="flex-start">
        <NumberInput label="Grace, in hours" min={0} max={8760} {...form.getInputProps('grace')} />
        {may('device.remove') && (
          <NumberInput
            label="Retire after, in days"
            description="After the grace; 0 for never."
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            min={0}
            max={365}
            {...form.getInputProps('retireAfter')}
          />
        )}
        {may('device.wipe.account') && (
          <NumberInput
            label="Erase after, in days"
            description="Of the organization’s data alone; 0 for never."
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            min={0}
            max={365}
            {...form.getInputProps('wipeAfter')}
          />
        )}
      </Group>
      <Switch label="In force" {...form.getInputProps('enabled', { type: 'checkbox' })} />
      <Callout tone="info" title={`When: ${condition(values, catalogue.data ?? [], platformName)}`}>
        <List size="sm" spacing={4}>
          {consequences(values).map((step) => (
            <List.Item key={step}>{step}</List.Item>
          ))}
        </List>
      </Callout>
      <div aria-live="polite">
        <Button variant="default" loading={attempt.isPending} onClick={() => attempt.mutate(form.values)}>
          Try it
        </Button>
        {attempt.isError && <Trouble error={attempt.error} />}
        {attempt.data && <Found trial={attempt.data} unknownCounts={attempt.variables.unknownCounts} />}
      </div>
    </Dialog>
  );
}

const SHOWN = 12;

function Found({ trial, unknownCounts }: { trial: ComplianceTrial; unknownCounts?: boolean }) {
  return (
    <Stack gap={4} mt="sm">
      <Text size="sm">
        Of {plural(trial.devices, 'device')} that it is for, {trial.breaks} would break it,{' '}
        {unknownCounts
          ? `${trial.unknown} of them because it is not known.`
          : `and of ${trial.unknown} it is not known.`}{' '}
        Nobody is held to it yet.
      </Text>
      <Group gap="xs">
        {trial.some.slice(0, SHOWN).map((d) => (
          <Anchor key={d.id} component={Link} to={`/devices/${d.id}`} size="sm">
            {d.name || d.id}
          </Anchor>
        ))}
        {trial.breaks > SHOWN && (
          <Text size="sm" c="dimmed">
            and {trial.breaks - SHOWN} more
          </Text>
        )}
      </Group>
    </Stack>
  );
}
