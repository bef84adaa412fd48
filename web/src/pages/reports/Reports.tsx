import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Pencil, Plus, Table2, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { answerAddress, removeReport, reports } from '../../api/reports';
import type { Report } from '../../api/types';
import { Confirm } from '../../ui/Confirm';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { When } from '../../ui/When';
import { RowButton } from '../../ui/RowButton';
import { ReportForm } from './ReportForm';
import { everyWords, questionWords } from './words';

/** Questions about devices that are saved. */
export default function Reports() {
  const answer = useQuery(reports);
  const [form, setForm] = useState<Report | 'new'>();
  const [gone, setGone] = useState<Report>();
  const make = (
    <Button leftSection={<Plus size={16} />} onClick={() => setForm('new')}>
      New report
    </Button>
  );
  return (
    <>
      <PageHead
        title="Reports"
        lead="Questions about devices that are saved: answered as a table whenever you ask, and sent by mail when you like."
      >
        {(answer.data?.length ?? 0) > 0 && make}
      </PageHead>
      <Loaded of={answer}>
        {(all) =>
          all.length === 0 ? (
            <Panel>
              <Empty icon={Table2} title="No report yet" action={make}>
                Save a question that you ask again and again, such as which computers have an old openssl.
              </Empty>
            </Panel>
          ) : (
            <List all={all} onEdit={setForm} onRemove={setGone} />
          )
        }
      </Loaded>
      {form && <ReportForm of={form === 'new' ? undefined : form} onClose={() => setForm(undefined)} />}
      {gone && (
        <Confirm
          title={`Remove ${gone.name}`}
          submit="Remove"
          run={() => removeReport(gone.id)}
          done={() => 'The report is removed.'}
          stale={['reports']}
          onClose={() => setGone(undefined)}
        >
          <Text size="sm">The question goes{gone.every && ', and it is sent to nobody any more'}.</Text>
        </Confirm>
      )}
    </>
  );
}

interface ListProps {
  all: Report[];
  onEdit: (report: Report) => void;
  onRemove: (report: Report) => void;
}

function List({ all, onEdit, onRemove }: ListProps) {
  return (
    <Table
      framed
      label="Reports"
      rows={all}
      id={(r) => r.id}
      columns={[
        {
          key: 'name',
          label: 'Report',
          cell: (r) => (
            <div>
              <Text size="sm" fw={500}>
                {r.name}
              </Text>
              <Text size="xs" c="dimmed">
                {questionWords(r)}
              </Text>
            </div>
          ),
        },
        {
          key: 'owner',
          label: 'Whose',
          width: '18%',
          cell: (r) => (r.own ? (r.shared ? 'Yours, shared' : 'Yours') : r.owner.name || 'Another’s, shared'),
        },
        { key: 'sent', label: 'By mail', width: '24%', cell: (r) => <Mailed report={r} /> },
        {
          key: 'answer',
          label: 'Answer',
          width: '14%',
          cell: (r) => (
            <Group gap="sm" wrap="nowrap">
              <Anchor size="sm" href={answerAddress(r.id, 'csv')} download aria-label={`${r.name} as CSV`}>
                CSV
              </Anchor>
              <Anchor size="sm" href={answerAddress(r.id, 'json')} download aria-label={`${r.name} as JSON`}>
                JSON
              </Anchor>
            </Group>
          ),
        },
        {
          key: 'acts',
          label: 'Actions',
          silent: true,
          width: '90px',
          cell: (r) =>
            r.own && (
              <Group gap={2} wrap="nowrap">
                <RowButton icon={Pencil} label={`Edit ${r.name}`} onClick={() => onEdit(r)} />
                <RowButton icon={Trash2} label={`Remove ${r.name}`} onClick={() => onRemove(r)} />
              </Group>
            ),
        },
      ]}
    />
  );
}

function Mailed({ report: r }: { report: Report }) {
  if (!r.every) return <>–</>;
  return (
    <Stack gap={2}>
      <span>{everyWords(r)}</span>
      {r.fault ? (
        <ToneMark tone="bad">{r.fault}</ToneMark>
      ) : (
        <Text size="xs" c="dimmed">
          Next <When time={r.due} />
        </Text>
      )}
    </Stack>
  );
}
