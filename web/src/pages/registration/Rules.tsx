import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ListFilter, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import {
  orderRules,
  registrationDefault,
  registrationRules,
  removeRule,
  setRegistrationDefault,
} from '../../api/registration';
import type { Tagged } from '../../api/client';
import type { RegistrationDefault, RegistrationRule } from '../../api/types';
import { useAct } from '../../ui/act';
import { Confirm } from '../../ui/Confirm';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { MoveButtons } from '../../ui/MoveButtons';
import { moved } from '../../ui/order';
import { Panel } from '../../ui/Panel';
import { Status, ToneMark } from '../../ui/Status';
import { Trouble } from '../../ui/Trouble';
import { RowButton } from '../../ui/RowButton';
import { usePlaceNames } from './PlaceFields';
import { Reconcile } from './Reconcile';
import { RuleForm, VerdictFields } from './RuleForm';
import { Try } from './Try';
import { inWords } from './words';
import classes from '../access/access.module.css';

/** The rules over computers that register, what decides otherwise, and a way to try both. */
export function Rules({ edit }: { edit: boolean }) {
  const answer = useQuery(registrationRules);
  const [form, setForm] = useState<RegistrationRule | 'new'>();
  const add = edit && (
    <Button leftSection={<Plus size={16} />} onClick={() => setForm('new')}>
      Add a rule
    </Button>
  );
  return (
    <Stack gap="lg">
      <Loaded of={answer}>
        {(rules) =>
          rules.length === 0 ? (
            <Panel>
              <Empty icon={ListFilter} title="No rule yet" action={add}>
                What stands below decides over every computer. Add a rule to put servers into a folder of
                their own, or to keep some computers out.
              </Empty>
            </Panel>
          ) : (
            <Panel title="Rules" aside={add}>
              <List rules={rules} edit={edit} onEdit={setForm} />
            </Panel>
          )
        }
      </Loaded>
      <Otherwise edit={edit} />
      <Try />
      <Reconcile edit={edit} />
      {form && <RuleForm rule={form === 'new' ? undefined : form} onClose={() => setForm(undefined)} />}
    </Stack>
  );
}

interface ListProps {
  rules: RegistrationRule[];
  edit: boolean;
  onEdit: (rule: RegistrationRule) => void;
}

function List({ rules, edit, onEdit }: ListProps) {
  const placed = usePlaceNames();
  const queries = useQueryClient();
  const [told, setTold] = useState('');
  const [removing, setRemoving] = useState<RegistrationRule>();
  const order = useAct((ids: string[]) => orderRules(ids), { stale: ['registration'] });
  const move = (rule: RegistrationRule, by: number) => {
    const next = moved(rules, rule.id, by);
    queries.setQueryData(registrationRules.queryKey, next);
    order.mutate(next.map((r) => r.id));
    setTold(`${rule.name} is now rule ${next.findIndex((r) => r.id === rule.id) + 1} of ${next.length}.`);
  };
  return (
    <>
      {order.isError && <Trouble error={order.error} />}
      <ol className={classes.rules}>
        {rules.map((rule, i) => (
          <li key={rule.id}>
            <span className={classes.position}>{i + 1}</span>
            <div className={classes.rule}>
              <Group gap="sm">
                <Text fw={500} size="sm">
                  {rule.name}
                </Text>
                <Status state={`register-${rule.verdict}`} />
                {!rule.enabled && <ToneMark tone="off">Switched off</ToneMark>}
              </Group>
              <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                {inWords(rule.conditions)}
                {rule.verdict === 'admit' && ` → ${placed(rule.place)}`}
              </Text>
            </div>
            {edit && (
              <Group gap={2} wrap="nowrap">
                <MoveButtons name={rule.name} at={i} of={rules.length} onMove={(by) => move(rule, by)} />
                <RowButton icon={Pencil} label={`Edit ${rule.name}`} onClick={() => onEdit(rule)} />
                <RowButton icon={Trash2} label={`Remove ${rule.name}`} onClick={() => setRemoving(rule)} />
              </Group>
            )}
          </li>
        ))}
      </ol>
      <span className={classes.told} role="status">
        {told}
      </span>
      {removing && (
        <Confirm
          title={`Remove ${removing.name}?`}
          submit="Remove"
          run={() => removeRule(removing.id)}
          done={() => `The rule “${removing.name}” is removed.`}
          stale={['registration']}
          onClose={() => setRemoving(undefined)}
        >
          <Text size="sm">Computers that have come in by it stay where they are.</Text>
        </Confirm>
      )}
    </>
  );
}

function Otherwise({ edit }: { edit: boolean }) {
  const answer = useQuery(registrationDefault);
  const placed = usePlaceNames();
  const [changing, setChanging] = useState(false);
  return (
    <Panel
      title="Every other computer"
      aside={
        edit &&
        answer.data && (
          <Button size="compact-sm" variant="default" onClick={() => setChanging(true)}>
            Change…
          </Button>
        )
      }
    >
      <Loaded of={answer}>
        {(d) => (
          <Group gap="sm">
            <Status state={`register-${d.verdict}`} />
            <Text size="sm" c="dimmed">
              {d.verdict === 'admit' && `→ ${placed(d.place ?? {})}. `}A key that says where its computers go
              counts before this.
            </Text>
          </Group>
        )}
      </Loaded>
      {changing && answer.data && <ChangeDefault value={answer.data} onClose={() => setChanging(false)} />}
    </Panel>
  );
}

function ChangeDefault({ value, onClose }: { value: Tagged<RegistrationDefault>; onClose: () => void }) {
  const [draft, setDraft] = useState<RegistrationDefault>({
    verdict: value.verdict,
    place: value.place ?? {},
  });
  const save = useAct(
    () =>
      setRegistrationDefault(value.etag, {
        verdict: draft.verdict,
        place: draft.verdict === 'admit' ? draft.place : {},
      }),
    { done: () => 'Saved.', stale: ['registration'], after: onClose },
  );
  return (
    <Dialog
      opened
      size="lg"
      title="Every other computer"
      submit="Save"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
    >
      <VerdictFields
        verdict={draft.verdict}
        place={draft.place ?? {}}
        onChange={(verdict, place) => setDraft({ verdict: verdict as RegistrationDefault['verdict'], place })}
      />
    </Dialog>
  );
}
