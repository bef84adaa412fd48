import { Button, Stack, Tabs, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Boxes, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { addGroup, groups, removeGroup, type GroupKind } from '../../api/people';
import type { Group } from '../../api/types';
import { useFilters } from '../../app/filters';
import { useMay } from '../../app/me';
import { Confirm } from '../../ui/Confirm';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { TabList } from '../../ui/TabList';
import { plural } from '../../ui/time';
import { RowButton } from '../../ui/RowButton';
import { Conditions } from './Conditions';
import { Members } from './Members';

const WORDS: Record<GroupKind, { tab: string; one: string; why: string }> = {
  'user-groups': {
    tab: 'Groups of users',
    one: 'user',
    why: 'A policy suite, an access rule or a mail server can be given to a group of users.',
  },
  'device-groups': {
    tab: 'Groups of devices',
    one: 'device',
    why: 'A role can be limited to a group of devices: a help desk then sees and touches only those.',
  },
};

/** Sets of users and of devices, to give rules and limits to. */
export default function Groups() {
  const [filters, setFilters] = useFilters();
  const kind: GroupKind = filters.kind === 'device-groups' ? 'device-groups' : 'user-groups';
  return (
    <>
      <PageHead title="Groups" lead="Sets of users and of devices, to give rules and limits to." />
      <Tabs value={kind} onChange={(next) => setFilters({ kind: next ?? '' })} keepMounted={false}>
        <TabList shown={kind}>
          <Tabs.Tab value="user-groups">{WORDS['user-groups'].tab}</Tabs.Tab>
          <Tabs.Tab value="device-groups">{WORDS['device-groups'].tab}</Tabs.Tab>
        </TabList>
        <Tabs.Panel value={kind}>
          <List key={kind} kind={kind} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function List({ kind }: { kind: GroupKind }) {
  const may = useMay();
  const answer = useQuery(groups(kind));
  const [adding, setAdding] = useState(false);
  const [opened, setOpened] = useState<Group>();
  const [removing, setRemoving] = useState<Group>();
  const [judging, setJudging] = useState<Group>();
  const edit = may(kind === 'user-groups' ? 'user.edit' : 'group.edit');
  const add = edit && (
    <Button leftSection={<Plus size={16} />} onClick={() => setAdding(true)}>
      New group
    </Button>
  );
  return (
    <Loaded of={answer}>
      {(listed) => {
        const all = listed.filter((g) => g.kind !== 'folder'); // folders are on the page Registration
        return (
          <Stack gap="md" align="flex-start">
            {all.length > 0 && add}
            {all.length === 0 ? (
              <div style={{ width: '100%' }}>
                <Panel>
                  <Empty icon={Boxes} title="No group yet" action={add}>
                    {WORDS[kind].why}
                  </Empty>
                </Panel>
              </div>
            ) : (
              <div style={{ width: '100%' }}>
                <Table
                  framed
                  label={WORDS[kind].tab}
                  rows={all}
                  id={(g) => g.id}
                  columns={[
                    {
                      key: 'name',
                      label: 'Group',
                      cell: (g) => (
                        <button type="button" className="link" onClick={() => setOpened(g)}>
                          {g.name}
                        </button>
                      ),
                    },
                    { key: 'description', label: 'Description', cell: (g) => g.description || '–' },
                    ...(kind === 'user-groups'
                      ? [
                          {
                            key: 'from',
                            label: 'From',
                            cell: (g: Group) => (g.directory ? 'A directory' : 'Drover'),
                          },
                        ]
                      : [
                          {
                            key: 'how',
                            label: 'Devices come in',
                            cell: (g: Group) => (
                              <How group={g} onChange={edit ? () => setJudging(g) : undefined} />
                            ),
                          },
                        ]),
                    { key: 'members', label: 'Members', cell: (g) => plural(g.members, WORDS[kind].one) },
                    {
                      key: 'act',
                      label: 'Remove',
                      silent: true,
                      align: 'right',
                      cell: (g) =>
                        edit && (
                          <RowButton
                            icon={Trash2}
                            label={`Remove ${g.name}`}
                            onClick={() => setRemoving(g)}
                          />
                        ),
                    },
                  ]}
                />
              </div>
            )}
            {adding && <AddGroup kind={kind} onClose={() => setAdding(false)} />}
            {opened && (
              <Members kind={kind} group={opened} edit={edit} onClose={() => setOpened(undefined)} />
            )}
            {judging && <Conditions group={judging} onClose={() => setJudging(undefined)} />}
            {removing && <Remove kind={kind} group={removing} onClose={() => setRemoving(undefined)} />}
          </Stack>
        );
      }}
    </Loaded>
  );
}

/** Whether conditions say which devices are in a group. */
function How({ group, onChange }: { group: Group; onChange?: () => void }) {
  const words = group.kind === 'rule' ? 'By conditions' : 'One by one';
  if (!onChange) return words;
  return (
    <button type="button" className="link" aria-label={`${words}: ${group.name}`} onClick={onChange}>
      {words}
    </button>
  );
}

function AddGroup({ kind, onClose }: { kind: GroupKind; onClose: () => void }) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const add = useAct(() => addGroup(kind, { name: name.trim(), description: description.trim() }), {
    done: (g) => `${g.name} is made.`,
    stale: [kind],
    after: onClose,
  });
  return (
    <Dialog
      opened
      title="New group"
      submit="Create"
      onClose={onClose}
      onSubmit={() => add.mutate()}
      busy={add.isPending}
      error={add.error}
      incomplete={!name.trim()}
    >
      <Text size="sm" c="dimmed">
        {WORDS[kind].why}
      </Text>
      <TextInput label="Name" value={name} onChange={(e) => setName(e.currentTarget.value)} data-autofocus />
      <TextInput
        label="Description (optional)"
        value={description}
        onChange={(e) => setDescription(e.currentTarget.value)}
      />
    </Dialog>
  );
}

function Remove({ kind, group, onClose }: { kind: GroupKind; group: Group; onClose: () => void }) {
  return (
    <Confirm
      title={`Remove ${group.name}?`}
      submit="Remove"
      run={() => removeGroup(kind, group.id)}
      done={() => `${group.name} is removed.`}
      stale={[kind, 'devices', 'users', 'policy-assignments']}
      onClose={onClose}
    >
      <Text size="sm">
        Its {plural(group.members, WORDS[kind].one)} stay in the zone. While a suite, a rule, a role or a mail
        server names the group, it stays too: you are told which.
      </Text>
    </Confirm>
  );
}
