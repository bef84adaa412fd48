import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { BadgeCheck } from 'lucide-react';
import { useState } from 'react';
import { addWaiver, endWaiver, findings, waivers } from '../../api/compliance';
import type { Finding } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { ReasonField } from '../../ui/ReasonField';
import { Status } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { onDay } from '../../ui/time';
import { When } from '../../ui/When';

/** When what follows a breach comes into force, or since when it is. */
function Deadline({ finding: f }: { finding: Finding }) {
  if (!f.breach) return null;
  return (
    <Stack gap={0}>
      {f.access !== 'none' && <Status state={f.access} />}
      {f.access === 'none' && f.due && (
        <Text size="sm">
          No mail <When time={f.due} />
        </Text>
      )}
      {f.wipe && (
        <Text size="sm">
          Organization’s data erased <When time={f.wipe} />
        </Text>
      )}
      {!f.due && !f.wipe && f.access === 'none' && (
        <Text size="sm" c="dimmed">
          Nothing follows
        </Text>
      )}
    </Stack>
  );
}

const COLUMNS = [
  { key: 'rule', label: 'Rule', cell: (f: Finding) => f.rule.name },
  { key: 'answer', label: 'Answer', width: '130px', cell: (f: Finding) => <Status state={f.answer} /> },
  {
    key: 'why',
    label: 'Why',
    cell: (f: Finding) => (
      <Stack gap={2}>
        <Text size="sm">{f.because}</Text>
        {f.breach && (
          <Text size="sm" c="dimmed">
            What to do: {f.mend}
          </Text>
        )}
      </Stack>
    ),
  },
  { key: 'then', label: 'Then', width: '200px', cell: (f: Finding) => <Deadline finding={f} /> },
];

/** What each rule says of the device, why, what its owner does about it, and until when. */
export function ComplianceTab({ id }: { id: string }) {
  const may = useMay();
  const answer = useQuery(findings(id));
  const [open, setOpen] = useState(false);
  return (
    <Stack gap="lg">
      <Loaded of={answer}>
        {(list) =>
          list.length === 0 ? (
            <Panel>
              <Empty icon={BadgeCheck} title="No rule is in force">
                Rules stand under Compliance.
              </Empty>
            </Panel>
          ) : (
            <Table label="What the rules say" rows={list} columns={COLUMNS} id={(f) => f.rule.id} framed />
          )
        }
      </Loaded>
      <Waivers id={id} />
      {may('compliance.edit') && (
        <Group>
          <Button variant="default" onClick={() => setOpen(true)}>
            Exempt this device…
          </Button>
        </Group>
      )}
      {open && <Exempt id={id} rules={answer.data ?? []} onClose={() => setOpen(false)} />}
    </Stack>
  );
}

function Waivers({ id }: { id: string }) {
  const may = useMay();
  const answer = useQuery(waivers(id));
  const end = useAct((waiver: string) => endWaiver(waiver), {
    done: () => 'The exemption has ended.',
    stale: ['compliance', 'devices'],
  });
  if (!answer.data?.length) return null;
  return (
    <Panel title="Exemptions">
      <Stack gap="xs">
        {answer.data.map((w) => (
          <Group key={w.id} justify="space-between">
            <Text size="sm">
              From {w.rule.name || 'all rules'} until {onDay(w.until)}: {w.reason}
            </Text>
            {may('compliance.edit') && (
              <Button size="compact-sm" variant="default" onClick={() => end.mutate(w.id)}>
                End
              </Button>
            )}
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}

const DAY_MS = 86_400_000;

function Exempt({ id, rules, onClose }: { id: string; rules: Finding[]; onClose: () => void }) {
  const [rule, setRule] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const [until, setUntil] = useState(() => new Date(Date.now() + 30 * DAY_MS).toISOString().slice(0, 10));
  const exempt = useAct(
    () =>
      addWaiver({ device: id, rule: rule ?? undefined, reason: reason.trim(), until: `${until}T23:59:59Z` }),
    { done: () => 'The device is exempt.', stale: ['compliance', 'devices'], after: onClose },
  );
  return (
    <Dialog
      opened
      title="Exempt this device"
      submit="Exempt"
      onClose={onClose}
      onSubmit={() => exempt.mutate()}
      busy={exempt.isPending}
      error={exempt.error}
      incomplete={!reason.trim() || !until}
    >
      <Select
        label="From"
        placeholder="All rules"
        data={rules.map((f) => ({ value: f.rule.id, label: f.rule.name }))}
        value={rule}
        onChange={setRule}
        clearable
        clearButtonProps={{ 'aria-label': 'All rules' }}
      />
      <TextInput type="date" label="Until" value={until} onChange={(e) => setUntil(e.currentTarget.value)} />
      <ReasonField value={reason} onChange={setReason} />
    </Dialog>
  );
}
