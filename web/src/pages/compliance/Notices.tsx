import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { notices, noticesHelp } from '../../api/compliance';
import type { Tagged } from '../../api/client';
import type { ComplianceNotices, ComplianceNoticesHelp } from '../../api/types';
import { useMay } from '../../app/me';
import { Loaded } from '../../ui/Loaded';
import { ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { NoticeEditor } from './NoticeEditor';

export interface Notice {
  subject: keyof ComplianceNotices;
  text: keyof ComplianceNotices;
  title: string;
  when: string;
}

const NOTICES: Notice[] = [
  {
    subject: 'breachSubject',
    text: 'breach',
    title: 'A rule is broken',
    when: 'At once, unless the same moment keeps mail from the device: then the next one goes.',
  },
  {
    subject: 'restrictedSubject',
    text: 'restricted',
    title: 'Mail is kept from the device',
    when: 'When the grace is over, and the rule quarantines or blocks.',
  },
  {
    subject: 'restoredSubject',
    text: 'restored',
    title: 'The rule is kept again',
    when: 'When the breach that was told of has ended.',
  },
  {
    subject: 'releasedSubject',
    text: 'released',
    title: 'The rule asks nothing any more',
    when: 'When the device is exempt, or is not held to the rule any more for another reason.',
  },
];

/** The mails that owners of devices get, and the way to change them. */
export function Notices() {
  const answer = useQuery(notices);
  const help = useQuery(noticesHelp);
  return (
    <Loaded of={answer}>
      {(found) => <Loaded of={help}>{(known) => <List now={found} help={known} />}</Loaded>}
    </Loaded>
  );
}

function List({ now, help }: { now: Tagged<ComplianceNotices>; help: ComplianceNoticesHelp }) {
  const may = useMay();
  const [open, setOpen] = useState<Notice>();
  const own = (n: Notice) =>
    now[n.subject] !== help.builtIn[n.subject] || now[n.text] !== help.builtIn[n.text];
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        A rule says whether the owner of a device and the owners of the zone are told; these are the words.
        Mails of one device that wait together go as one.
      </Text>
      <Table
        framed
        label="Mails to owners"
        rows={NOTICES}
        id={(n) => n.text}
        columns={[
          {
            key: 'title',
            label: 'Mail',
            cell: (n) => (
              <Stack gap={2}>
                <Text fw={500} size="sm">
                  {n.title}
                </Text>
                <Text size="sm" c="dimmed">
                  {n.when}
                </Text>
              </Stack>
            ),
          },
          { key: 'subject', label: 'Subject', prose: true, cell: (n) => now[n.subject] },
          {
            key: 'state',
            label: 'Words',
            width: '130px',
            cell: (n) =>
              own(n) ? <ToneMark tone="ok">Your own</ToneMark> : <ToneMark tone="off">Built-in</ToneMark>,
          },
          {
            key: 'acts',
            label: 'Actions',
            silent: true,
            width: '110px',
            cell: (n) => (
              <Group gap={2} wrap="nowrap">
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={`${may('compliance.edit') ? 'Edit' : 'Read'} the mail: ${n.title}`}
                  onClick={() => setOpen(n)}
                >
                  {may('compliance.edit') ? 'Edit' : 'Read'}
                </Button>
              </Group>
            ),
          },
        ]}
      />
      {open && (
        <NoticeEditor
          notice={open}
          now={now}
          help={help}
          edit={may('compliance.edit')}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Stack>
  );
}
