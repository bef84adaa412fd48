import { Group, MultiSelect, Select, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import type { Tagged } from '../../api/client';
import { groups } from '../../api/people';
import { addScript, editScript } from '../../api/scripts';
import type { Script, ScriptDraft } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { submits } from '../../ui/submit';
import { plural } from '../../ui/time';
import { endChoices, INTERPRETERS, often, oftenChoices } from './words';

interface ScriptFormProps {
  of?: Tagged<Script>;
  onClose: () => void;
  onSaved?: (saved: Script) => void;
}

const FIRST: ScriptDraft = { name: '', interpreter: 'sh', text: '', minutes: 60, seconds: 300, groups: [] };

const draftOf = (s: Script): ScriptDraft => ({
  name: s.name,
  interpreter: s.interpreter as ScriptDraft['interpreter'],
  text: s.text,
  minutes: s.minutes,
  seconds: s.seconds,
  groups: s.groups.map((g) => g.id),
});

/** Writes a script, or a new version of one. */
export function ScriptForm({ of, onClose, onSaved }: ScriptFormProps) {
  const may = useMay();
  const sets = useQuery({ ...groups('device-groups'), enabled: may('group.read') });
  const form = useForm<ScriptDraft>({
    initialValues: of ? draftOf(of) : FIRST,
    validate: {
      name: (v) => (v.trim() ? null : 'Give it a name.'),
      text: (v) => (v.trim() ? null : 'Write what is to be run.'),
    },
  });
  const save = useAct((body: ScriptDraft) => (of ? editScript(of.id, of.etag, body) : addScript(body)), {
    done: (s) =>
      s.state === 'awaiting'
        ? `Version ${s.version} reaches ${plural(s.reach, 'computer')}: it waits for another administrator.`
        : `Version ${s.version} is in force on ${plural(s.reach, 'computer')}.`,
    stale: ['scripts', 'approvals', 'overview'],
    after: (s) => {
      onClose();
      onSaved?.(s);
    },
  });
  const submit = submits(form, save);
  const { minutes, seconds } = form.values;
  return (
    <Dialog
      opened
      size="xl"
      title={of ? `New version of ${of.name}` : 'New script'}
      submit={of ? 'Save as a new version' : 'Save'}
      onClose={onClose}
      onSubmit={() => submit()}
      busy={save.isPending}
      error={save.error}
    >
      <TextInput
        label="Name"
        placeholder="Clear old logs"
        maxLength={128}
        data-autofocus
        {...form.getInputProps('name')}
      />
      <Group grow align="flex-start">
        <Select
          label="Run by"
          data={INTERPRETERS}
          allowDeselect={false}
          {...form.getInputProps('interpreter')}
        />
        <Select
          label="How often"
          data={oftenChoices(minutes)}
          allowDeselect={false}
          value={String(minutes)}
          onChange={(n) => form.setFieldValue('minutes', Number(n))}
        />
        <Select
          label="Ended after"
          data={endChoices(seconds)}
          allowDeselect={false}
          value={String(seconds)}
          onChange={(n) => form.setFieldValue('seconds', Number(n))}
        />
      </Group>
      <Textarea
        label="Script"
        description={`Runs as administrator of the computer, ${often(minutes).toLowerCase()}. It is kept sealed; put no password into it: the computers that run it can read it.`}
        autosize
        minRows={8}
        maxRows={20}
        maxLength={65_536}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        {...form.getInputProps('text')}
      />
      <MultiSelect
        label="For computers in these groups (optional)"
        description="Every computer without one. Folders are groups too."
        placeholder={(form.values.groups ?? []).length === 0 ? 'Every computer' : ''}
        data={(sets.data ?? []).map((g) => ({ value: g.id, label: g.name }))}
        searchable
        {...form.getInputProps('groups')}
      />
    </Dialog>
  );
}
