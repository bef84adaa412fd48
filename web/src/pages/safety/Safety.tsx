import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { safetyRules } from '../../api/safety';
import type { SafetyRules } from '../../api/types';
import { useMay, useMe } from '../../app/me';
import { Loaded } from '../../ui/Loaded';
import { Notes, OPEN } from '../../ui/Notes';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { count } from '../../ui/time';
import { Breaker } from './Breaker';
import { ChangeRules } from './ChangeRules';
import { plural } from '../../ui/time';
import { BUDGETS, PASS_WORDS, QUORUM_WORDS, quorumWords, SCRIPT_WORDS, TIMES, timeWords } from './rules';

/** What keeps one stolen login from destroying the fleet. */
export default function Safety() {
  const may = useMay();
  const me = useMe();
  const answer = useQuery(safetyRules);
  const [changing, setChanging] = useState(false);
  return (
    <>
      <PageHead title="Safety" lead="What stands between one stolen login, or one slip, and an erased fleet.">
        {may('safety.edit') && answer.data && (
          <Button variant="default" onClick={() => setChanging(true)}>
            Change the rules…
          </Button>
        )}
      </PageHead>
      <Stack gap="lg">
        <Breaker />
        <Notes notes={me.notes.filter((note) => note.code !== OPEN)} />
        <Loaded of={answer}>{(rules) => <Rules rules={rules} />}</Loaded>
      </Stack>
      {changing && answer.data && <ChangeRules rules={answer.data} onClose={() => setChanging(false)} />}
    </>
  );
}

function Rules({ rules }: { rules: SafetyRules }) {
  const people = [
    { label: 'Others who must approve', value: quorumWords(rules.quorum), words: QUORUM_WORDS },
    ...TIMES.map(({ key, label, words }) => ({ label, value: timeWords(rules[key]), words })),
    {
      label: 'A mail server’s own wipe',
      value: rules.passUpstream ? 'Is carried out' : 'Waits for approval',
      words: PASS_WORDS,
    },
    { label: 'Scripts without approval', value: plural(rules.scripts, 'computer'), words: SCRIPT_WORDS },
  ];
  return (
    <>
      <Panel title="Who decides, and how long there is to stop it" flush>
        <Table
          label="Approval and delay"
          rows={people}
          id={(r) => r.label}
          columns={[
            { key: 'label', label: 'Rule', cell: (r) => r.label, width: '24%' },
            { key: 'value', label: 'Now', cell: (r) => <b>{r.value}</b>, width: '20%' },
            { key: 'words', label: 'What it means', prose: true, cell: (r) => <Words>{r.words}</Words> },
          ]}
        />
      </Panel>
      <Panel title="How much can be destroyed" flush>
        <Text size="sm" c="dimmed" px="lg" pb="sm" maw={800}>
          Each wipe, removal and erasure counts, and more than a budget allows is refused. What was approved
          and comes to its delivery over a budget opens the breaker.
        </Text>
        <Table
          label="Budgets"
          rows={BUDGETS}
          id={(b) => b.key}
          columns={[
            { key: 'label', label: 'Of', cell: (b) => b.label, width: '24%' },
            { key: 'hour', label: 'An hour', cell: (b) => <b>{count(rules[b.key].hour)}</b>, width: '10%' },
            { key: 'day', label: 'A day', cell: (b) => <b>{count(rules[b.key].day)}</b>, width: '10%' },
            { key: 'words', label: 'What it means', prose: true, cell: (b) => <Words>{b.words}</Words> },
          ]}
        />
      </Panel>
    </>
  );
}

function Words({ children }: { children: string }) {
  return (
    <Text size="sm" c="dimmed">
      {children}
    </Text>
  );
}
