import { Button, Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { assign, assignments, unassign } from '../../api/policies';
import type { Assignment, Suite } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { RowButton } from '../../ui/RowButton';
import { Simulated } from './Simulated';
import { isChosen, NOBODY, TargetFields } from './TargetFields';

const KINDS: Record<string, string> = {
  default: 'Everyone else',
  group: 'Group',
  user: 'User',
  device: 'Device',
};
const STALE = ['policy-assignments', 'policies', 'devices', 'overview'];

/** Who gets which suite. */
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
          <Button size="xs" variant="default" disabled={!answer.data} onClick={() => setAdding(true)}>
            Assign a suite
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed" px="lg" pb="sm">
        All suites that reach a device are laid over each other. For each setting the most specific suite that
        sets it counts: a device’s own, then its user’s, then its groups’ by priority, then the default.
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
                { key: 'priority', label: 'Priority', cell: (a) => (a.kind === 'group' ? a.priority : '–') },
                {
                  key: 'act',
                  label: 'Remove',
                  silent: true,
                  align: 'right',
                  cell: (a) =>
                    may('policy.assign') && (
                      <RowButton
                        icon={Trash2}
                        label={`Remove the assignment to ${a.target.name || KINDS.default}`}
                        onClick={() => remove.mutate(a)}
                      />
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {adding && <Assign suites={suites} now={answer.data ?? []} onClose={() => setAdding(false)} />}
    </Panel>
  );
}

function Assign({ suites, now, onClose }: { suites: Suite[]; now: Assignment[]; onClose: () => void }) {
  const [to, setTo] = useState(NOBODY);
  const [suite, setSuite] = useState<string | null>(null);
  const [supposing, setSupposing] = useState(false);
  const kind = to.kind || 'default';
  const draft = { kind, target: to.target ?? '', suite: suite ?? '', priority: to.priority };
  const incomplete = !suite || !isChosen(to);
  const old = now.find((a) => isChosen(to) && a.kind === draft.kind && a.target.id === draft.target);
  const run = useAct(() => assign(draft), {
    done: (a) =>
      a.replaced.id
        ? `Assigned, in place of “${a.replaced.name}”. Devices are told at once.`
        : 'Assigned. Devices are told at once.',
    stale: STALE,
    after: onClose,
  });
  return (
    <Dialog
      opened
      title="Assign a suite"
      submit={old && old.suite.id !== suite ? 'Replace' : 'Assign'}
      onClose={onClose}
      onSubmit={() => run.mutate()}
      busy={run.isPending}
      error={run.error}
      incomplete={incomplete}
    >
      <Select
        label="Suite"
        placeholder="Choose one"
        data={suites.map((s) => ({ value: s.id, label: s.name }))}
        value={suite}
        onChange={setSuite}
        allowDeselect={false}
      />
      <TargetFields
        value={to}
        onChange={setTo}
        priorityHint="Of several groups of a device the greatest counts first."
      />
      {old && old.suite.id !== suite && (
        <Callout tone="wait" alert>
          {old.target.name || KINDS.default} has the suite “{old.suite.name}” now. It is replaced.
        </Callout>
      )}
      <Button variant="default" disabled={incomplete} onClick={() => setSupposing(true)}>
        What would change
      </Button>
      {supposing && (
        <Simulated what={{ assign: draft }} title="What would change" onClose={() => setSupposing(false)} />
      )}
    </Dialog>
  );
}
