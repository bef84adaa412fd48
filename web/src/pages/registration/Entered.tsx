import { Button, FileInput, List, NumberInput, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Download, FileUp, ListChecks } from 'lucide-react';
import { useState } from 'react';
import { codes, importComputers } from '../../api/registration';
import type { ApprovalImport, Ref } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { actorName } from '../../ui/actor';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { Paged } from '../../ui/Paged';
import { Panel } from '../../ui/Panel';
import { Status } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { plural } from '../../ui/time';
import { When } from '../../ui/When';
import { CodeDialog } from '../devices/CodeDialog';

/** The computers that were entered before they come, and their one-time codes. */
export function Entered({ edit }: { edit: boolean }) {
  const [importing, setImporting] = useState(false);
  const [entered, setEntered] = useState<ApprovalImport>();
  const [anew, setAnew] = useState<Ref>();
  const may = useMay();
  const add = edit && (
    <Button leftSection={<FileUp size={16} />} onClick={() => setImporting(true)}>
      Enter computers…
    </Button>
  );
  return (
    <>
      <Paged query={codes()}>
        {(list) =>
          list.length === 0 ? (
            <Panel>
              <Empty icon={ListChecks} title="No computer is entered" action={add}>
                Enter computers before they come, from a list: each gets its name, folder and groups at once,
                and a one-time code that lets it in. The code alone does: a serial number proves nothing.
              </Empty>
            </Panel>
          ) : (
            <Panel title="One-time codes" aside={add} flush>
              <Table
                label="One-time codes"
                rows={list}
                id={(c) => c.id}
                columns={[
                  {
                    key: 'device',
                    label: 'Computer',
                    cell: (c) => (
                      <Link to="/devices/$id" params={{ id: c.device.id }} className="inline">
                        {c.device.name || c.device.id}
                      </Link>
                    ),
                  },
                  { key: 'state', label: 'State', cell: (c) => <Status state={`key-${c.state}`} /> },
                  { key: 'made', label: 'Made', cell: (c) => <When time={c.created} /> },
                  { key: 'until', label: 'Until', cell: (c) => <When time={c.expires} /> },
                  { key: 'by', label: 'By', cell: (c) => actorName(c.by) },
                  {
                    key: 'anew',
                    label: 'New code',
                    silent: true,
                    align: 'right',
                    cell: (c) =>
                      may('device.enrol') && (
                        <Button
                          size="compact-sm"
                          variant="default"
                          aria-label={`New code for ${c.device.name}`}
                          onClick={() => setAnew(c.device)}
                        >
                          New code…
                        </Button>
                      ),
                  },
                ]}
              />
            </Panel>
          )
        }
      </Paged>
      {importing && (
        <Import
          onClose={() => setImporting(false)}
          onEntered={(result) => {
            setImporting(false);
            setEntered(result);
          }}
        />
      )}
      {anew && <CodeDialog device={anew} onClose={() => setAnew(undefined)} />}
      {entered && <Codes result={entered} onClose={() => setEntered(undefined)} />}
    </>
  );
}

interface ImportProps {
  onClose: () => void;
  onEntered: (result: ApprovalImport) => void;
}

const SHOWN = 20;

function Import({ onClose, onEntered }: ImportProps) {
  const [text, setText] = useState('');
  const [hours, setHours] = useState(720);
  const trial = useMutation({ mutationFn: (csv: string) => importComputers(csv, 720, true) });
  const run = useAct(() => importComputers(text, hours, false), {
    stale: ['registration', 'devices', 'overview'],
    after: onEntered,
  });
  const read = async (file: File | null) => {
    trial.reset();
    const csv = (await file?.text()) ?? '';
    setText(csv);
    if (csv) trial.mutate(csv);
  };
  const faults = trial.data?.faults ?? [];
  return (
    <Dialog
      opened
      size="lg"
      title="Enter computers"
      submit="Enter"
      onClose={onClose}
      onSubmit={() => run.mutate()}
      busy={run.isPending || trial.isPending}
      error={run.error ?? trial.error}
      incomplete={!trial.data || faults.length > 0 || trial.data.read === 0}
    >
      <Text size="sm">
        A CSV file with a line of headings: <code>name</code>, and if you like <code>serial</code>,{' '}
        <code>uuid</code>, <code>mac</code>, <code>user</code>, <code>folder</code> and <code>groups</code>;
        several addresses or groups are separated by <code>|</code>. It is tried first; nothing is entered
        until you press Enter.
      </Text>
      <FileInput
        label="File"
        placeholder="Choose a file"
        accept=".csv,text/csv"
        leftSection={<FileUp size={15} aria-hidden />}
        onChange={(file) => void read(file)}
      />
      <NumberInput
        label="Hours until the codes expire"
        min={1}
        max={8784}
        value={hours}
        onChange={(n) => setHours(Number(n) || 720)}
      />
      {trial.data && <Trial result={trial.data} />}
    </Dialog>
  );
}

function Trial({ result }: { result: ApprovalImport }) {
  const faults = result.faults;
  if (faults.length === 0) {
    return (
      <Text size="sm" role="status">
        Nothing is wrong with it. {plural(result.read, 'computer')} would be entered.
      </Text>
    );
  }
  return (
    <div role="status">
      <Text size="sm" fw={500}>
        Mend {plural(faults.length, 'line')} first, then choose the file again.
      </Text>
      <List size="sm" mt="xs">
        {faults.slice(0, SHOWN).map((f, i) => (
          <List.Item key={i} style={{ overflowWrap: 'anywhere' }}>
            Line {f.line}: {f.message}
          </List.Item>
        ))}
      </List>
      {faults.length > SHOWN && <Text size="sm">And {faults.length - SHOWN} more.</Text>}
    </div>
  );
}

/** A cell that no spreadsheet takes for a formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

function Codes({ result, onClose }: { result: ApprovalImport; onClose: () => void }) {
  const rows = result.entered.map((e) => [e.name, e.serial, e.code].map(cell).join(','));
  const file = ['name,serial,code', ...rows].join('\r\n') + '\r\n';
  return (
    <Dialog
      opened
      plain
      size="lg"
      title={`${plural(result.entered.length, 'computer')} entered`}
      submit="I have them"
      onClose={onClose}
      onSubmit={onClose}
    >
      <Callout tone="wait">
        The codes are shown this once. Each lets its computer in, once, as its key.
      </Callout>
      <div style={{ maxHeight: 320, overflow: 'auto' }} tabIndex={0} role="region" aria-label="Codes">
        <Table
          label="Codes"
          rows={result.entered}
          id={(e) => e.device}
          columns={[
            { key: 'name', label: 'Computer', cell: (e) => e.name },
            { key: 'serial', label: 'Serial number', cell: (e) => e.serial || '–' },
            { key: 'code', label: 'Code', cell: (e) => <code>{e.code}</code> },
          ]}
        />
      </div>
      <div>
        <Button
          component="a"
          variant="default"
          leftSection={<Download size={16} />}
          href={`data:text/csv;charset=utf-8,${encodeURIComponent(file)}`}
          download="codes.csv"
        >
          Save as CSV
        </Button>
      </div>
    </Dialog>
  );
}
