import { Button, SegmentedControl, Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { assignUpstream, unassignUpstream, upstreamAssignments } from '../../api/mail';
import type { Upstream, UpstreamAssignment } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { TargetField } from '../../ui/TargetField';
import { Trouble } from '../../ui/Trouble';
import { outcome } from '../../ui/waiting';
import { RowButton } from '../../ui/RowButton';

const STALE = ['upstream-assignments', 'upstreams', 'approvals', 'overview'];

/** Who is sent to which server, beyond what the domains say. */
export function Sent({ servers }: { servers: Upstream[] }) {
  const may = useMay();
  const answer = useQuery(upstreamAssignments);
  const [adding, setAdding] = useState(false);
  const remove = useAct((a: UpstreamAssignment) => unassignUpstream(a.id), {
    done: (waiting) => outcome(waiting, 'The assignment is removed.'),
    stale: STALE,
  });
  const edit = may('upstream.edit');
  return (
    <Panel
      title="Who is sent where"
      flush
      aside={
        edit && (
          <Button size="xs" variant="default" onClick={() => setAdding(true)}>
            Send somebody…
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed" px="lg" pb="sm" maw={860}>
        A user goes where they are sent by name; else where a group of theirs is sent; else to the server of
        their mail domain; else to the server that takes everyone else.
      </Text>
      {remove.isError && <Trouble error={remove.error} />}
      <Loaded of={answer}>
        {(all) =>
          all.length === 0 ? (
            <Text size="sm" px="lg" pb="lg">
              Nobody is sent by name or group: domains and “takes everyone” decide.
            </Text>
          ) : (
            <Table
              label="Who is sent where"
              rows={all}
              id={(a) => a.id}
              columns={[
                { key: 'target', label: 'Who', cell: (a) => a.target.name || a.target.id },
                { key: 'kind', label: 'Kind', cell: (a) => (a.kind === 'user' ? 'User' : 'Group') },
                { key: 'server', label: 'Mail server', cell: (a) => a.upstream.name },
                {
                  key: 'act',
                  label: 'Remove',
                  silent: true,
                  align: 'right',
                  cell: (a) =>
                    edit && (
                      <RowButton
                        icon={Trash2}
                        label={`Do not send ${a.target.name} any more`}
                        onClick={() => remove.mutate(a)}
                      />
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {adding && <Send servers={servers} onClose={() => setAdding(false)} />}
    </Panel>
  );
}

function Send({ servers, onClose }: { servers: Upstream[]; onClose: () => void }) {
  const [kind, setKind] = useState<'user' | 'group'>('user');
  const [target, setTarget] = useState<string | null>(null);
  const [server, setServer] = useState<string | null>(null);
  const run = useAct(() => assignUpstream({ kind, target: target ?? '', upstream: server ?? '' }), {
    done: ({ waiting }) => outcome(waiting, 'It holds from their next request.'),
    stale: STALE,
    after: onClose,
  });
  return (
    <Dialog
      opened
      title="Send somebody to a mail server"
      submit="Send"
      onClose={onClose}
      onSubmit={() => run.mutate()}
      busy={run.isPending}
      error={run.error}
      incomplete={!target || !server}
    >
      <SegmentedControl
        aria-label="Whom"
        value={kind}
        onChange={(next) => {
          setKind(next as typeof kind);
          setTarget(null);
        }}
        data={[
          { value: 'user', label: 'A user' },
          { value: 'group', label: 'A group of users' },
        ]}
      />
      <TargetField kind={kind} value={target} onChange={setTarget} />
      <Select
        label="Mail server"
        data={servers.map((s) => ({ value: s.id, label: s.name }))}
        value={server}
        onChange={setServer}
        allowDeselect={false}
      />
      <Text size="sm" c="dimmed">
        Phones that change servers synchronise anew. Their passwords go to the new server.
      </Text>
    </Dialog>
  );
}
