import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { fetchPersonalFile, lookAtEntries } from '../../api/personal';
import type { PersonalEntry, Stock } from '../../api/types';
import { save } from '../../ui/save';
import { Dialog } from '../../ui/Dialog';
import { ReasonField } from '../../ui/ReasonField';
import { duration, exactly, plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import classes from './personal.module.css';

const Positions = lazy(() => import('./Positions'));

interface LookAtProps {
  device: string;
  stock: Stock;
  onClose: () => void;
}

/** Entries of one kind, for a reason; forgotten when the dialog closes. */
export function LookAt({ device, stock, onClose }: LookAtProps) {
  const [reason, setReason] = useState('');
  const [entries, setEntries] = useState<PersonalEntry[]>();
  const [next, setNext] = useState('');
  const look = useMutation({
    mutationFn: () => lookAtEntries(device, stock.kind, reason.trim(), next),
    onSuccess: (page) => {
      setEntries([...(entries ?? []), ...page.items]);
      setNext(page.next);
    },
  });
  if (!entries) {
    return (
      <Dialog
        opened
        title={stock.words}
        submit="Look"
        onClose={onClose}
        onSubmit={() => look.mutate()}
        busy={look.isPending}
        error={look.error}
        incomplete={!reason.trim()}
      >
        <Text size="sm">The look is recorded with your reason, and the owner of the device sees both.</Text>
        <ReasonField value={reason} onChange={setReason} />
      </Dialog>
    );
  }
  return (
    <Dialog opened size="xl" title={stock.words} submit="Done" plain onClose={onClose} onSubmit={onClose}>
      {stock.kind === 'location' && entries.length > 0 && (
        <Suspense fallback={null}>
          <Positions entries={entries} />
        </Suspense>
      )}
      <Text size="sm" c="dimmed">
        {plural(entries.length, 'entry', 'entries')}
        {next ? ', and there are more' : ''}. Times are by the device’s clock.
      </Text>
      <ul className={classes.entries}>
        {entries.map((e) => (
          <li key={e.id}>
            <time dateTime={e.at}>{exactly(e.at)}</time>
            <Entry entry={e} reason={reason.trim()} />
          </li>
        ))}
      </ul>
      {look.isError && <Trouble error={look.error} />}
      {next && (
        <Group>
          <Button variant="default" loading={look.isPending} onClick={() => look.mutate()}>
            Look at more
          </Button>
        </Group>
      )}
    </Dialog>
  );
}

const WAYS = { in: 'From', out: 'To', missed: 'Missed, from' };

function Entry({ entry: e, reason }: { entry: PersonalEntry; reason: string }) {
  if (e.position) {
    const { latitude, longitude, accuracy } = e.position;
    return (
      <span>
        {latitude.toFixed(5)}, {longitude.toFixed(5)}
        {accuracy > 0 && `, within ${Math.round(accuracy)} metres`}
      </span>
    );
  }
  if (e.call)
    return (
      <span>
        {WAYS[e.call.direction]} {e.call.number}, {duration(e.call.seconds)}
      </span>
    );
  if (e.text)
    return (
      <Stack gap={0}>
        <span>
          {WAYS[e.text.direction]} {e.text.number}
        </span>
        {e.text.text && <span>{e.text.text}</span>}
      </Stack>
    );
  if (e.lines) return <pre className={classes.log}>{e.lines.text}</pre>;
  if (e.happening)
    return <span>{e.happening.user ? `${e.happening.user}: ${e.happening.words}` : e.happening.words}</span>;
  if (e.file) return <FileEntry id={e.id} path={e.file.path} size={e.size} reason={reason} />;
  return null;
}

function FileEntry({ id, path, size, reason }: { id: string; path: string; size: number; reason: string }) {
  const fetched = useMutation({
    mutationFn: () => fetchPersonalFile(id, reason),
    onSuccess: (blob) => save(path.split(/[/\\]/).pop() || 'file', blob),
  });
  return (
    <div>
      <Anchor component="button" type="button" size="sm" onClick={() => fetched.mutate()}>
        {path}
      </Anchor>{' '}
      <Text span size="sm" c="dimmed">
        {plural(size, 'byte')}
      </Text>
      {fetched.isError && <Trouble error={fetched.error} />}
    </div>
  );
}
