import { ActionIcon, Button, SegmentedControl, Select, Text, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { assign, assignments, unassign } from '../../api/policies';
import type { Assignment, Suite } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { TargetField } from '../../ui/TargetField';

const KINDS: Record<string, string> = {
  default: 'Everyone else',
  group: 'Group',
  user: 'User',
  device: 'Device',
};
const STALE = ['policy-assignments', 'policies', 'devices', 'overview'];

/** Who gets which suite. The most specific wins: device, user, group, then the default. */
export function Assignments({ suites }: { suites: Suite[] }) {
  const may = useMay();
  const answer = useQuery(assignments);
  const [adding, setAdding] = useState(false);
  const remove = useAct((a: Assignment) => unassign(a.id), {
    done: () => 'The assignment is removed.',
    stale: STALE,
  });
  return (
    <Panel
      title="Who gets which"
      flush
      aside={
        may('policy.assign') && (
          <Button size="xs" variant="default" onClick={() => setAdding(true)}>
            Assign a suite
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed" px="lg" pb="sm">
        The most specific wins: a device before its user, a user before a group, a group before the default.
      </Text>
      <Loaded of={answer}>
        {(all) =>
          all.length === 0 ? (
            <Text size="sm" px="lg" pb="lg">
              Nothing is assigned yet, so no suite is in force. Assign one to everyone to begin.
            </Text>
          ) : (
            <Table
              label="Assignments"
              rows={all}
              id={(a) => a.id}
              columns={[
                { key: 'target', label: 'To', cell: (a) => a.target.name || KINDS.default },
                { key: 'kind', label: 'Kind', cell: (a) => KINDS[a.kind] ?? a.kind },
                { key: 'suite', label: 'Suite', cell: (a) => a.suite.name },
                {
                  key: 'act',
                  label: 'Remove',
                  silent: true,
                  align: 'right',
                  cell: (a) =>
                    may('policy.assign') && (
                      <Tooltip label="Remove">
                        <ActionIcon
                          variant="subtle"
                          color="gray"
                          aria-label={`Remove the assignment to ${a.target.name || KINDS.default}`}
                          onClick={() => remove.mutate(a)}
                        >
                          <Trash2 size={15} />
                        </ActionIcon>
                      </Tooltip>
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {adding && <Assign suites={suites} onClose={() => setAdding(false)} />}
    </Panel>
  );
}

function Assign({ suites, onClose }: { suites: Suite[]; onClose: () => void }) {
  const [kind, setKind] = useState('default');
  const [target, setTarget] = useState<string | null>(null);
  const [suite, setSuite] = useState<string | null>(suites[0]?.id ?? null);
  const run = useAct(() => assign({ kind, target: target ?? '', suite: suite ?? '' }), {
    done: () => 'Assigned. Devices are told at once.',
    stale: STALE,
    after: onClose,
  });
  return (
    <Dialog
      opened
      title="Assign a suite"
      submit="Assign"
      onClose={onClose}
      onSubmit={() => run.mutate()}
      busy={run.isPending}
      error={run.error}
      incomplete={!suite || (kind !== 'default' && !target)}
    >
      <Select
        label="Suite"
        data={suites.map((s) => ({ value: s.id, label: s.name }))}
        value={suite}
        onChange={setSuite}
        allowDeselect={false}
      />
      <SegmentedControl
        aria-label="To whom"
        value={kind}
        onChange={(next) => {
          setKind(next);
          setTarget(null);
        }}
        data={[
          { value: 'default', label: 'Everyone else' },
          { value: 'group', label: 'A group' },
          { value: 'user', label: 'A user' },
        ]}
      />
      {kind !== 'default' && (
        <TargetField kind={kind === 'user' ? 'user' : 'group'} value={target} onChange={setTarget} />
      )}
    </Dialog>
  );
}
