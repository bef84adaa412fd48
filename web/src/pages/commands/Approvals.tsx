import { Button, Group, List, Paper, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { approvals, decide, decideByPasskey, targets, withdraw, type Decision } from '../../api/commands';
import type { Approval } from '../../api/types';
import { useMay, useMe } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { ProveYourself } from '../../ui/ProveYourself';
import { ToneMark } from '../../ui/Status';
import { actorName, person } from '../../ui/actor';
import { humanize } from '../../ui/states';
import { plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { When } from '../../ui/When';

const STALE = ['approvals', 'commands', 'scripts', 'devices', 'overview', 'admins', 'roles'];

/** What waits for a second person, with exactly what would happen. */
export function Approvals() {
  const answer = useQuery(approvals);
  return (
    <Loaded of={answer}>
      {(waiting) =>
        waiting.length === 0 ? (
          <Panel>
            <Empty icon={ShieldCheck} title="Nothing waits for approval">
              When somebody asks to erase a device, or to change who may, it waits here for another
              administrator.
            </Empty>
          </Panel>
        ) : (
          <Stack gap="md">
            {waiting.map((a) => (
              <ApprovalCard key={a.id} approval={a} />
            ))}
          </Stack>
        )
      }
    </Loaded>
  );
}

/** What the approval is about, in a few words; its title says it whole. */
function heading(a: Approval): string {
  const what = a.device.name || act(a);
  return a.user.id ? `${what} · ${whom(a)}` : what;
}

function act(a: Approval): string {
  if (a.class === 'script.run') return 'Run a script';
  return a.targets > 1 ? plural(a.targets, 'device') : humanize(a.kind);
}

/** Who may not see users sees the id. */
function whom(a: Approval): string {
  return a.user.name || a.user.id;
}

/** One request that waits, with what would happen and the way to decide. */
export function ApprovalCard({ approval: a }: { approval: Approval }) {
  const may = useMay();
  const [asked, setAsked] = useState<Decision>();
  const back = useAct(() => withdraw(a.id), { done: () => 'Withdrawn.', stale: STALE });
  return (
    <Paper withBorder p="lg" bg="var(--card)" component="article" aria-label={heading(a)}>
      <Stack gap="md">
        <Group justify="space-between" align="flex-start">
          <div>
            <Group gap="sm">
              <Text fw={600}>{heading(a)}</Text>
              <ToneMark tone="wait">{`${a.given} of ${a.needed} approved`}</ToneMark>
            </Group>
            <Text size="sm" c="dimmed" mt={4}>
              {a.device.id && (
                <>
                  <Link to="/devices/$id" params={{ id: a.device.id }} className="inline">
                    {a.device.name}
                  </Link>
                  {' · '}
                </>
              )}
              {a.user.id && (
                <>
                  <Link to="/users/$id" params={{ id: a.user.id }} className="inline">
                    {whom(a)}
                  </Link>
                  {' · '}
                </>
              )}
              {a.class === 'script.run' && (
                <>
                  <Link to="/scripts/$id" params={{ id: a.subject }} className="inline">
                    Read the script
                  </Link>
                  {' · '}
                </>
              )}
              Asked by {actorName(a.requestedBy)} <When time={a.requested} />, lapses{' '}
              <When time={a.expires} />
            </Text>
            <Text size="sm" mt={6} maw={860}>
              {a.title}
            </Text>
            <Targets approval={a} />
            {a.reason && (
              <Text size="sm" mt={6}>
                “{a.reason}”
              </Text>
            )}
          </div>
          {a.mine ? (
            <Button variant="default" loading={back.isPending} onClick={() => back.mutate()}>
              Withdraw
            </Button>
          ) : (
            may('approval.decide') && (
              <Group gap="xs">
                <Button variant="default" onClick={() => setAsked('reject')}>
                  Reject…
                </Button>
                <Button onClick={() => setAsked('approve')} disabled={Boolean(a.refusal)}>
                  Approve…
                </Button>
              </Group>
            )
          )}
        </Group>
        {(a.mine || a.refusal) && (
          <Text size="sm" c="dimmed">
            {a.refusal || 'You asked for this, so another administrator must approve it.'}
          </Text>
        )}
      </Stack>
      {back.isError && <Trouble error={back.error} />}
      {asked && <Decide approval={a} decision={asked} onClose={() => setAsked(undefined)} />}
    </Paper>
  );
}

/** The devices of a request that is about several, each with its user. */
function Targets({ approval: a }: { approval: Approval }) {
  const may = useMay();
  const named = a.kind === 'command' && a.targets > 1 && may('command.read');
  const { data = [] } = useQuery({ ...targets(a.id), enabled: named });
  if (data.length === 0) return null;
  return (
    <List size="sm" mt={6} mah={200} style={{ overflowY: 'auto' }}>
      {data.map((c) => (
        <List.Item key={c.id}>
          <Link to="/devices/$id" params={{ id: c.device.id }} className="inline">
            {c.device.name}
          </Link>
          {` · ${person(c.user)}`}
        </List.Item>
      ))}
    </List>
  );
}

interface DecideProps {
  approval: Approval;
  decision: Decision;
  onClose: () => void;
}

/** Being signed in decides nothing: the decision is proven by a passkey or a one-time code. */
function Decide({ approval, decision, onClose }: DecideProps) {
  const { methods } = useMe();
  const [code, setCode] = useState('');
  const label = decision === 'approve' ? 'Approve' : 'Reject';
  const done = {
    done: () => (decision === 'approve' ? 'Approved.' : 'Rejected.'),
    stale: STALE,
    after: onClose,
  };
  const byCode = useAct(() => decide(approval.id, decision, { code }), done);
  const byKey = useAct(() => decideByPasskey(approval.id, decision), done);
  return (
    <Dialog
      opened
      title={`${label}: ${heading(approval)}`}
      submit={label}
      danger={decision === 'approve'}
      onClose={onClose}
      onSubmit={() => byCode.mutate()}
      busy={byCode.isPending}
      error={byCode.error ?? byKey.error}
      incomplete={code.length < 6}
      size="lg"
    >
      <Text size="sm">{approval.title}</Text>
      <Targets approval={approval} />
      <Text size="sm" c="dimmed">
        Asked by {actorName(approval.requestedBy)}
        {approval.reason && `: “${approval.reason}”`}
      </Text>
      <ProveYourself
        methods={methods}
        verb={label}
        code={code}
        onCode={setCode}
        onPasskey={() => byKey.mutate()}
        busy={byKey.isPending}
      />
    </Dialog>
  );
}
