import { Button, Group, Stack, Text } from '@mantine/core';
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { Pencil, Plus, ShieldCheck, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { AccessRule } from '../../api/types';
import { device } from '../../api/devices';
import { groups, user } from '../../api/people';
import { accessRules, addRule, orderRules, platforms, removeRule } from '../../api/zone';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { MoveButtons } from '../../ui/MoveButtons';
import { person } from '../../ui/actor';
import { moved } from '../../ui/order';
import { PageHead } from '../../ui/PageHead';
import { platformChoices } from '../../ui/platforms';
import { Panel } from '../../ui/Panel';
import { Status } from '../../ui/Status';
import { Trouble } from '../../ui/Trouble';
import { undoable } from '../../ui/undoable';
import { RowButton } from '../../ui/RowButton';
import { EverythingElse } from './EverythingElse';
import { RuleForm } from './RuleForm';
import { RuleTest } from './RuleTest';
import { inWords } from './rule';
import classes from './access.module.css';

const STALE = ['access-rules', 'devices', 'overview'];

/** Who gets mail: rules in order, the first that matches decides. */
export default function Access() {
  const may = useMay();
  const answer = useQuery(accessRules);
  const [form, setForm] = useState<AccessRule | 'new'>();
  const edit = may('access.edit');
  const add = edit && (
    <Button leftSection={<Plus size={16} />} onClick={() => setForm('new')}>
      Add a rule
    </Button>
  );
  return (
    <>
      <PageHead
        title="Access rules"
        lead="Which devices get mail. Rules are read from the top; the first that matches decides."
      >
        {(answer.data?.length ?? 0) > 0 && add}
      </PageHead>
      <Loaded of={answer}>
        {(rules) => (
          <Stack gap="lg">
            {rules.length === 0 ? (
              <Panel>
                <Empty icon={ShieldCheck} title="No rule yet" action={add}>
                  Every device whose user signs in gets mail. Add a rule to quarantine unknown platforms, or
                  to block old systems.
                </Empty>
              </Panel>
            ) : (
              <Panel>
                <Rules rules={rules} edit={edit} onEdit={setForm} />
              </Panel>
            )}
            <EverythingElse edit={edit} />
            <RuleTest />
          </Stack>
        )}
      </Loaded>
      {form && <RuleForm rule={form === 'new' ? undefined : form} onClose={() => setForm(undefined)} />}
    </>
  );
}

interface RulesProps {
  rules: AccessRule[];
  edit: boolean;
  onEdit: (rule: AccessRule) => void;
}

/** The names behind the ids that patterns hold. */
function usePatternNames(rules: AccessRule[]): (pattern: string) => string {
  const may = useMay();
  const idsOf = (match: AccessRule['match']) => rules.filter((r) => r.match === match).map((r) => r.pattern);
  const people = useQueries({
    queries: idsOf('user').map((id) => ({ ...user(id), enabled: may('user.read') })),
  });
  const things = useQueries({
    queries: idsOf('device').map((id) => ({ ...device(id), enabled: may('device.read') })),
  });
  const rows = useQuery(platforms);
  const userSets = useQuery({ ...groups('user-groups'), enabled: may('user.read') });
  const deviceSets = useQuery({ ...groups('device-groups'), enabled: may('group.read') });
  const names = new Map(platformChoices(rows.data ?? []).map((c) => [c.value, c.label]));
  for (const g of [...(userSets.data ?? []), ...(deviceSets.data ?? [])]) names.set(g.id, g.name);
  for (const { data } of people) if (data) names.set(data.id, data.name);
  for (const { data } of things)
    if (data) names.set(data.id, `${data.name || data.model} of ${person(data.user)}`);
  return (pattern) => names.get(pattern) ?? pattern;
}

function Rules({ rules, edit, onEdit }: RulesProps) {
  const named = usePatternNames(rules);
  const queries = useQueryClient();
  const [told, setTold] = useState('');
  const order = useAct((ids: string[]) => orderRules(ids), { stale: STALE });
  const remove = useAct((rule: AccessRule) => removeRule(rule.id), {
    stale: STALE,
    after: (_, rule) =>
      undoable(`The rule “${rule.name}” is removed.`, async () => {
        const { name, match, pattern, decision, note, expires } = rule;
        const back = await addRule({ name, match, pattern, decision, note, expires });
        await orderRules(rules.map((r) => (r.id === rule.id ? back.id : r.id)));
        await queries.invalidateQueries({ queryKey: ['access-rules'] });
      }),
  });
  const move = (rule: AccessRule, by: number) => {
    const next = moved(rules, rule.id, by);
    queries.setQueryData(accessRules.queryKey, next);
    order.mutate(next.map((r) => r.id));
    setTold(`${rule.name} is now rule ${next.findIndex((r) => r.id === rule.id) + 1} of ${next.length}.`);
  };
  return (
    <>
      {order.isError && <Trouble error={order.error} />}
      {remove.isError && <Trouble error={remove.error} />}
      <ol className={classes.rules}>
        {rules.map((rule, i) => (
          <li key={rule.id}>
            <span className={classes.position}>{i + 1}</span>
            <div className={classes.rule}>
              <Group gap="sm">
                <Text fw={500} size="sm">
                  {rule.name}
                </Text>
                <Status state={rule.decision} />
              </Group>
              <Text size="sm" c="dimmed">
                {inWords(rule, named)}
              </Text>
            </div>
            {edit && (
              <Group gap={2} wrap="nowrap">
                <MoveButtons name={rule.name} at={i} of={rules.length} onMove={(by) => move(rule, by)} />
                <RowButton icon={Pencil} label={`Edit ${rule.name}`} onClick={() => onEdit(rule)} />
                <RowButton icon={Trash2} label={`Remove ${rule.name}`} onClick={() => remove.mutate(rule)} />
              </Group>
            )}
          </li>
        ))}
      </ol>
      <span className={classes.told} role="status">
        {told}
      </span>
    </>
  );
}
