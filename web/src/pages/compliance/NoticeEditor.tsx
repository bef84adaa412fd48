import { Button, Code, Group, List, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, type Tagged } from '../../api/client';
import { noticesPreview, setNotices } from '../../api/compliance';
import type { ComplianceNotices, ComplianceNoticesHelp } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import type { Notice } from './Notices';
import classes from './notices.module.css';

interface NoticeEditorProps {
  notice: Notice;
  now: Tagged<ComplianceNotices>;
  help: ComplianceNoticesHelp;
  edit: boolean;
  onClose: () => void;
}

/** How long the preview waits for the next letter. */
const PAUSE_MS = 300;

const faultsOf = (error: unknown): Record<string, string> => (error instanceof ApiError ? error.fields : {});

/** One mail to owners, with what it becomes of it. */
export function NoticeEditor({ notice, now, help, edit, onClose }: NoticeEditorProps) {
  const [subject, setSubject] = useState(now[notice.subject]);
  const [text, setText] = useState(now[notice.text]);
  const { etag, ...all } = now;
  const draft: ComplianceNotices = { ...all, [notice.subject]: subject, [notice.text]: text };
  const [settled] = useDebouncedValue(JSON.stringify(draft), PAUSE_MS);
  const preview = useQuery({
    ...noticesPreview(JSON.parse(settled) as ComplianceNotices),
    placeholderData: keepPreviousData,
  });
  const save = useAct(() => setNotices(etag, draft), {
    done: () => 'Saved. The next mail says it so.',
    stale: ['compliance'],
    after: onClose,
  });
  const faults = { ...faultsOf(preview.error), ...faultsOf(save.error) };
  const elsewhere = save.error && !faults[notice.subject] && !faults[notice.text];
  const builtIn = subject === help.builtIn[notice.subject] && text === help.builtIn[notice.text];
  const changed = subject !== now[notice.subject] || text !== now[notice.text];
  return (
    <Dialog
      opened
      size="lg"
      title={notice.title}
      submit={edit ? 'Save' : 'Done'}
      plain={!edit}
      onClose={onClose}
      onSubmit={() => (edit ? save.mutate() : onClose())}
      busy={save.isPending}
      error={elsewhere ? save.error : undefined}
      incomplete={edit && !changed}
    >
      <TextInput
        label="Subject"
        value={subject}
        readOnly={!edit}
        error={faults[notice.subject]}
        onChange={(e) => setSubject(e.currentTarget.value)}
        data-autofocus
      />
      <Textarea
        label="Text"
        autosize
        minRows={5}
        maxRows={14}
        value={text}
        readOnly={!edit}
        error={faults[notice.text]}
        onChange={(e) => setText(e.currentTarget.value)}
      />
      {edit && (
        <Group>
          <Button
            variant="default"
            size="xs"
            disabled={builtIn}
            onClick={() => {
              setSubject(help.builtIn[notice.subject]);
              setText(help.builtIn[notice.text]);
            }}
          >
            Put the built-in words here
          </Button>
        </Group>
      )}
      <Stack gap={4}>
        <Text size="sm" fw={500}>
          What is replaced
        </Text>
        <List size="sm" spacing={2} listStyleType="none">
          {help.placeholders.map((p) => (
            <List.Item key={p.name}>
              <Code>{`{${p.name}}`}</Code> {p.words}
            </List.Item>
          ))}
        </List>
      </Stack>
      <section aria-label="Preview" className={classes.preview} aria-live="polite">
        <Text size="sm" c="dimmed">
          As an owner would read it, with samples
        </Text>
        {preview.data && !preview.isError ? (
          <>
            <Text fw={600} size="sm">
              {preview.data[notice.subject]}
            </Text>
            <p>{preview.data[notice.text]}</p>
          </>
        ) : (
          <Text size="sm">{preview.isError ? 'There is none until the fault above is mended.' : '…'}</Text>
        )}
      </section>
    </Dialog>
  );
}
