import { Button, Group, Stack, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { BadgeCheck, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { complianceRules, conditions, removeComplianceRule } from '../../api/compliance';
import type { ComplianceRule } from '../../api/types';
import { platforms } from '../../api/zone';
import { useFilters } from '../../app/filters';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { platformChoices } from '../../ui/platforms';
import { ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { TabList } from '../../ui/TabList';
import { plural } from '../../ui/time';
import { RowButton } from '../../ui/RowButton';
import { Breaches } from './Breaches';
import { Exemptions } from './Exemptions';
import { Notices } from './Notices';
import { RuleEditor } from './RuleEditor';
import { condition, consequences } from './words';

/** What devices are held to, and which of them break it. */
export default function Compliance() {
  const may = useMay();
  const [filters, setFilters] = useFilters();
  const [form, setForm] = useState<ComplianceRule | 'new'>();
  return (
    <>
      <PageHead
        title="Compliance"
        lead="What a device must not be, and what follows when it is. No rule erases a whole device."
      >
        {may('compliance.edit') && (
          <Button leftSection={<Plus size={16} />} onClick={() => setForm('new')}>
            Add a rule
          </Button>
        )}
      </PageHead>
      <Tabs
        value={filters.tab ?? 'rules'}
        onChange={(tab) => setFilters({ tab: tab === 'rules' ? '' : (tab ?? '') })}
        keepMounted={false}
      >
        <TabList shown={filters.tab ?? 'rules'}>
          <Tabs.Tab value="rules">Rules</Tabs.Tab>
          <Tabs.Tab value="breaches">Broken</Tabs.Tab>
          <Tabs.Tab value="exemptions">Exemptions</Tabs.Tab>
          <Tabs.Tab value="mails">Mails</Tabs.Tab>
        </TabList>
        <Tabs.Panel value="rules">
          <Rules onEdit={setForm} onBreaches={(rule) => setFilters({ tab: 'breaches', rule })} />
        </Tabs.Panel>
        <Tabs.Panel value="breaches">
          <Breaches rule={filters.rule ?? ''} onRule={(rule) => setFilters({ rule })} />
        </Tabs.Panel>
        <Tabs.Panel value="exemptions">
          <Exemptions />
        </Tabs.Panel>
        <Tabs.Panel value="mails">
          <Notices />
        </Tabs.Panel>
      </Tabs>
      {form && <RuleEditor rule={form === 'new' ? undefined : form} onClose={() => setForm(undefined)} />}
    </>
  );
}

interface RulesProps {
  onEdit: (rule: ComplianceRule) => void;
  onBreaches: (rule: string) => void;
}

function Rules({ onEdit, onBreaches }: RulesProps) {
  const may = useMay();
  const edit = may('compliance.edit');
  const answer = useQuery(complianceRules);
  const catalogue = useQuery(conditions);
  const rows = useQuery(platforms);
  const [gone, setGone] = useState<ComplianceRule>();
  const names = new Map(platformChoices(rows.data ?? []).map((c) => [c.value, c.label]));
  const columns = [
    {
      key: 'name',
      label: 'Rule',
      cell: (r: ComplianceRule) => (
        <Stack gap={2}>
          <Group gap="xs">
            <Text fw={500} size="sm">
              {r.name}
            </Text>
            {!r.enabled && <ToneMark tone="off">Off</ToneMark>}
          </Group>
          <Text size="sm" c="dimmed">
            {condition(r, catalogue.data ?? [], (id) => names.get(id) ?? id)}
          </Text>
        </Stack>
      ),
    },
    {
      key: 'then',
      label: 'What follows',
      prose: true,
      cell: (r: ComplianceRule) => (
        <Text size="sm" c="dimmed">
          {consequences(r).join(' ')}
        </Text>
      ),
    },
    {
      key: 'broken',
      label: 'Broken by',
      width: '190px',
      cell: (r: ComplianceRule) =>
        r.broken === 0 ? (
          <ToneMark tone="ok">No device</ToneMark>
        ) : (
          <Button size="compact-sm" variant="default" onClick={() => onBreaches(r.id)}>
            {plural(r.broken, 'device')}
            {r.restricted > 0 && `, ${r.restricted} without mail`}
          </Button>
        ),
    },
    {
      key: 'acts',
      label: 'Actions',
      silent: true,
      width: '90px',
      cell: (r: ComplianceRule) =>
        edit && (
          <Group gap={2} wrap="nowrap">
            <RowButton icon={Pencil} label={`Edit ${r.name}`} onClick={() => onEdit(r)} />
            <RowButton icon={Trash2} label={`Remove ${r.name}`} onClick={() => setGone(r)} />
          </Group>
        ),
    },
  ];
  return (
    <Loaded of={answer}>
      {(rules) => (
        <>
          {rules.length === 0 ? (
            <Panel>
              <Empty icon={BadgeCheck} title="No rule yet">
                Devices are held to nothing. A first rule may tell you of devices that have not been in
                contact for two weeks.
              </Empty>
            </Panel>
          ) : (
            <Table label="Rules of compliance" rows={rules} columns={columns} id={(r) => r.id} framed />
          )}
          {gone && <Remove rule={gone} onClose={() => setGone(undefined)} />}
        </>
      )}
    </Loaded>
  );
}

function Remove({ rule, onClose }: { rule: ComplianceRule; onClose: () => void }) {
  const remove = useAct(() => removeComplianceRule(rule.id), {
    done: () => 'The rule is removed. Whom it kept from mail is let in again.',
    stale: ['compliance', 'devices', 'overview'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      danger
      title={`Remove “${rule.name}”?`}
      submit="Remove the rule"
      onClose={onClose}
      onSubmit={() => remove.mutate()}
      busy={remove.isPending}
      error={remove.error}
    >
      <Text size="sm">
        Its exemptions go with it, and {plural(rule.restricted, 'device')} that it keeps from mail{' '}
        {rule.restricted === 1 ? 'is' : 'are'} let in again.
      </Text>
    </Dialog>
  );
}
