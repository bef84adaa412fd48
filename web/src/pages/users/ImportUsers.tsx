import { FileInput, List, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { FileUp } from 'lucide-react';
import { useState } from 'react';
import { importUsers } from '../../api/people';
import type { ImportResult } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { plural } from '../../ui/time';

const SHOWN = 20;

/** Users out of a CSV file: first tried, then done. */
export function ImportUsers({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const trial = useMutation({ mutationFn: (csv: string) => importUsers(csv, true) });
  const run = useAct(() => importUsers(text, false), {
    done: (r) => `${plural(r.created, 'user')} added, ${r.updated} changed.`,
    stale: ['users', 'user-groups'],
    after: onClose,
  });
  const read = async (file: File | null) => {
    trial.reset();
    const csv = (await file?.text()) ?? '';
    setText(csv);
    if (csv) trial.mutate(csv);
  };
  const faults = trial.data?.rows.filter((r) => r.message) ?? [];
  return (
    <Dialog
      opened
      size="lg"
      title="Import users"
      submit="Import"
      onClose={onClose}
      onSubmit={() => run.mutate()}
      busy={run.isPending || trial.isPending}
      error={run.error ?? trial.error}
      incomplete={!trial.data || faults.length > 0}
    >
      <Text size="sm">
        A CSV file with a line of headings: <code>name</code>, and if you like <code>display name</code>,{' '}
        <code>mail</code>, <code>groups</code> (their names, separated by <code>|</code>) and{' '}
        <code>disabled</code> (yes or no). It is tried first; nothing is changed until you press Import.
      </Text>
      <FileInput
        label="File"
        placeholder="Choose a file"
        accept=".csv,text/csv"
        leftSection={<FileUp size={15} aria-hidden />}
        onChange={(file) => void read(file)}
      />
      {trial.data && <Trial result={trial.data} faults={faults} />}
    </Dialog>
  );
}

function Trial({ result, faults }: { result: ImportResult; faults: ImportResult['rows'] }) {
  if (faults.length === 0) {
    return (
      <Text size="sm" role="status">
        Nothing is wrong with it. {plural(result.created, 'user')} would be added and {result.updated}{' '}
        changed.
      </Text>
    );
  }
  return (
    <div role="status">
      <Text size="sm" fw={500}>
        Mend {plural(faults.length, 'line')} first, then choose the file again.
      </Text>
      <List size="sm" mt="xs">
        {faults.slice(0, SHOWN).map((row) => (
          <List.Item key={row.line}>
            Line {row.line}
            {row.name && ` (${row.name})`}: {row.message}
          </List.Item>
        ))}
      </List>
      {faults.length > SHOWN && <Text size="sm">And {faults.length - SHOWN} more.</Text>}
    </div>
  );
}
