import { Anchor, Select, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { BadgeCheck } from 'lucide-react';
import { breaches, complianceRules } from '../../api/compliance';
import type { Breach } from '../../api/types';
import { Empty } from '../../ui/Empty';
import { Grid, type GridColumn } from '../../ui/Grid';
import { Status, ToneMark } from '../../ui/Status';
import { When } from '../../ui/When';

const COLUMNS: GridColumn<Breach>[] = [
  {
    key: 'device',
    label: 'Device',
    track: 'minmax(150px, 1fr)',
    phone: 'lead',
    cell: (b) => (
      <Anchor component={Link} to={`/devices/${b.device.id}?tab=compliance`} size="sm">
        {b.device.name || b.device.id}
      </Anchor>
    ),
  },
  { key: 'rule', label: 'Rule', track: 'minmax(130px, 1fr)', cell: (b) => b.rule.name },
  { key: 'why', label: 'Why', track: 'minmax(200px, 2fr)', phone: 'second', cell: (b) => b.because },
  { key: 'since', label: 'Since', track: '130px', cell: (b) => <When time={b.since} /> },
  {
    key: 'mail',
    label: 'Mail',
    track: '140px',
    phone: 'mark',
    cell: (b) => (b.access === 'none' ? <ToneMark tone="ok">Flows</ToneMark> : <Status state={b.access} />),
  },
];

/** Which devices break which rule. */
export function Breaches({ rule, onRule }: { rule: string; onRule: (rule: string) => void }) {
  const rules = useQuery(complianceRules);
  return (
    <Stack gap="md">
      <Select
        aria-label="Rule"
        placeholder="All rules"
        data={(rules.data ?? []).map((r) => ({ value: r.id, label: r.name }))}
        value={rule || null}
        onChange={(next) => onRule(next ?? '')}
        clearable
        clearButtonProps={{ 'aria-label': 'All rules' }}
        maw={340}
      />
      <Grid
        label="Broken rules"
        noun="breach"
        nouns="breaches"
        query={breaches(rule)}
        columns={COLUMNS}
        id={(b) => `${b.device.id} ${b.rule.id}`}
        name={(b) => b.device.name}
        empty={
          <Empty icon={BadgeCheck} title="Nothing is broken">
            Every device keeps {rule ? 'this rule' : 'the rules'}.
          </Empty>
        }
      />
    </Stack>
  );
}
