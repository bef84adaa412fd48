import {
  Button,
  Checkbox,
  Loader,
  MultiSelect,
  NumberInput,
  Select,
  SimpleGrid,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import { admins } from '../../api/admins';
import type { Tagged } from '../../api/client';
import { editReport, makeReport, previewReport, report, reportColumns } from '../../api/reports';
import type { Report, ReportDraft, ReportPreview } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { submits } from '../../ui/submit';
import { Table } from '../../ui/Table';
import { Trouble } from '../../ui/Trouble';
import { EVERY_CHOICES } from './words';

const MOST_TESTS = 8;
const MOST_COLUMNS = 20;

const first: ReportDraft = {
  name: '',
  shared: false,
  tests: [],
  words: '',
  columns: ['name', 'user', 'os', 'lastContact'],
  every: '',
  hour: 6,
  format: 'csv',
  to: [],
};

const draftOf = (r: Report): ReportDraft => ({
  ...{ name: r.name, shared: r.shared, tests: r.tests, words: r.words, columns: r.columns },
  ...{ every: r.every, hour: r.hour, format: r.format, to: r.to },
});

/** Makes a report, or changes what one asks. */
export function ReportForm({ of, onClose }: { of?: Report; onClose: () => void }) {
  const known = useQuery({ ...report(of?.id ?? ''), enabled: of !== undefined });
  if (!of) return <Form onClose={onClose} />;
  if (known.data && !known.isFetching) return <Form of={known.data} onClose={onClose} />;
  return (
    <Dialog opened plain title="Edit the report" submit="Close" onClose={onClose} onSubmit={onClose}>
      {known.error ? <Trouble error={known.error} /> : <Loader aria-label="Loading" />}
    </Dialog>
  );
}

function Form({ of, onClose }: { of?: Tagged<Report>; onClose: () => void }) {
  const may = useMay();
  const columns = useQuery(reportColumns);
  const people = useQuery({ ...admins, enabled: may('admin.read') });
  const form = useForm<ReportDraft>({
    initialValues: of ? draftOf(of) : first,
    validate: { name: (v) => (v.trim() ? null : 'Give it a name.') },
  });
  const save = useAct((draft: ReportDraft) => (of ? editReport(of.id, of.etag, draft) : makeReport(draft)), {
    done: () => 'Saved.',
    stale: ['reports'],
    after: onClose,
  });
  const trial = useMutation({ mutationFn: previewReport });
  const asks = form.values.tests.length > 0;
  return (
    <Dialog
      opened
      size="xl"
      title={of ? 'Edit the report' : 'New report'}
      submit="Save"
      onClose={onClose}
      onSubmit={() => submits(form, save)()}
      busy={save.isPending}
      error={save.error}
    >
      <TextInput label="Name" placeholder="Old openssl" data-autofocus {...form.getInputProps('name')} />
      <TagsInput
        label="Tests"
        description="As on the page Software: openssl>=3.0,<3.0.15, !vim, system.os~debian. All must hold; none is all devices."
        splitChars={[]}
        maxTags={MOST_TESTS}
        {...form.getInputProps('tests')}
        value={form.values.tests}
        onChange={(tests) => form.setValues({ tests, words: tests.length > 0 ? '' : form.values.words })}
      />
      {!asks && (
        <TextInput
          label="Words"
          description="Each somewhere in the name, owner, model, system or serial number."
          {...form.getInputProps('words')}
        />
      )}
      <MultiSelect
        label="Columns"
        searchable
        hidePickedOptions
        maxValues={MOST_COLUMNS}
        data={(columns.data ?? []).map((c) => ({ value: c.key, label: c.title }))}
        {...form.getInputProps('columns')}
        value={form.values.columns}
      />
      <Checkbox
        label="Other administrators may read it, with what they may see of the devices"
        {...form.getInputProps('shared', { type: 'checkbox' })}
      />
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <Select label="Send it" allowDeselect={false} data={EVERY_CHOICES} {...form.getInputProps('every')} />
        {form.values.every && (
          <>
            <NumberInput label="At the hour (UTC)" min={0} max={23} {...form.getInputProps('hour')} />
            <Select
              label="As"
              allowDeselect={false}
              data={[
                { value: 'csv', label: 'CSV' },
                { value: 'json', label: 'JSON' },
              ]}
              {...form.getInputProps('format')}
            />
          </>
        )}
      </SimpleGrid>
      {form.values.every && (
        <MultiSelect
          label="To"
          description="They see what you may see at that moment. Only active administrators with a mail address get it."
          data={(people.data ?? []).map((p) => ({ value: p.id, label: p.name }))}
          {...form.getInputProps('to')}
          value={form.values.to}
        />
      )}
      <div>
        <Button
          variant="default"
          loading={trial.isPending}
          onClick={() => trial.mutate({ ...form.values, name: 'x', every: '', to: [] })}
        >
          Show the first rows
        </Button>
      </div>
      {trial.isError && <Trouble error={trial.error} />}
      {trial.data && <Preview of={trial.data} />}
    </Dialog>
  );
}

interface Row {
  id: string;
  cells: string[];
}

function Preview({ of }: { of: ReportPreview }) {
  const rows = of.rows;
  if (rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        No device fulfils this.
      </Text>
    );
  return (
    <div style={{ overflowX: 'auto' }}>
      <Table
        label="First rows"
        rows={rows.map((cells, i): Row => ({ id: String(i), cells }))}
        id={(r) => r.id}
        columns={of.heads.map((head, i) => ({
          key: String(i),
          label: head,
          cell: (r: Row) => r.cells[i] || '–',
        }))}
      />
    </div>
  );
}
