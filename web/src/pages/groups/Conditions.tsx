import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { groupConditions, setGroupConditions } from '../../api/people';
import type { Group as DeviceGroup, GroupCondition, GroupConditions } from '../../api/types';
import { useAct } from '../../ui/act';
import { ConditionList } from '../../ui/ConditionList';
import { Dialog } from '../../ui/Dialog';
import { Trouble } from '../../ui/Trouble';

const FACTS: Record<GroupCondition['fact'], string> = {
  name: 'Name',
  platform: 'Platform',
  model: 'Model',
  os: 'System',
  version: 'System’s version',
  type: 'Type that it tells',
  serial: 'Serial number',
  liability: 'Owner',
  operator: 'Operator',
  language: 'Language',
};

const TESTS: Record<GroupCondition['test'], string> = {
  is: 'is',
  'is-not': 'is not',
  like: 'is like',
  unlike: 'is not like',
  from: 'is from',
  below: 'is below',
};

const TEXT: GroupCondition['test'][] = ['is', 'is-not', 'like', 'unlike'];

interface ConditionsProps {
  group: DeviceGroup;
  onClose: () => void;
}

/** By which conditions devices come into a group. */
export function Conditions({ group, onClose }: ConditionsProps) {
  const answer = useQuery(groupConditions(group.id));
  if (answer.isError) return <Trouble error={answer.error} />;
  return answer.data ? <Edit group={group} now={answer.data} onClose={onClose} /> : null;
}

function Edit({ group, now, onClose }: ConditionsProps & { now: Tagged<GroupConditions> }) {
  const [list, setList] = useState<GroupCondition[]>(now.conditions);
  const save = useAct(() => setGroupConditions(group.id, now.etag, list), {
    done: () =>
      list.length > 0
        ? `${group.name} holds the devices that meet its conditions.`
        : `The devices of ${group.name} are chosen one by one.`,
    stale: ['device-groups', 'devices'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      size="xl"
      title={`Conditions of ${group.name}`}
      submit="Save"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
    >
      <ConditionList<GroupCondition>
        words={
          list.length === 0
            ? 'Without conditions its devices are chosen one by one.'
            : 'The devices for which all of this holds are in the group, those that come later too. Most of it a device tells of itself, and may lie.'
        }
        value={list}
        onChange={setList}
        facts={FACTS}
        tests={TESTS}
        testsOf={(fact) => (fact === 'version' ? ['from', 'below', ...TEXT] : TEXT)}
        fresh={{ fact: 'model', test: 'like', values: [] }}
        choices={(c) => (c.fact === 'liability' ? ['corporate', 'personal'] : [])}
      />
    </Dialog>
  );
}
