import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ShieldCheck } from 'lucide-react';
import { harden, hardening } from '../../api/doors';
import type { HardeningRow } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { ToneMark } from '../../ui/Status';
import type { Tone } from '../../ui/states';
import { Table } from '../../ui/Table';
import { plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { settingWords } from './words';

const STATES: Record<HardeningRow['state'], { tone: Tone; label: string }> = {
  met: { tone: 'ok', label: 'As it should be' },
  unmet: { tone: 'wait', label: 'To be set' },
  'not-in-this-version': { tone: 'off', label: 'Not in this version' },
  firewall: { tone: 'info', label: 'At the firewall' },
};

/** What a look from the server itself can tell of a port: the firewall before it is not seen from there. */
const HERE = {
  listens: 'A program answers: the firewall has to close it',
  quiet: 'Nothing answers',
  unknown: 'Ask that server itself',
};

/** What to do about each capability of a server that stands in a DMZ. */
export function Advice({ server }: { server: string }) {
  const may = useMay();
  const answer = useQuery(hardening(server));
  const act = useAct((rows: string[] | undefined) => harden(answer.data?.etag ?? '', server, rows), {
    done: (saved) => `Set by version ${saved.version}, which can be rolled back.`,
    stale: ['doors', 'services'],
  });
  return (
    <Loaded of={answer}>
      {({ rows, placement }) => {
        const open = rows.filter((r) => r.state === 'unmet');
        const ports = rows
          .flatMap((r) => r.ports)
          .filter((p, i, all) => all.findIndex((q) => q.port === p.port) === i);
        return (
          <Stack gap="lg">
            <Callout tone={open.length > 0 ? 'wait' : 'ok'}>
              <Group justify="space-between">
                <Text size="sm">
                  {placement === 'dmz'
                    ? 'This server stands in a DMZ. '
                    : 'This server counts as one inside. '}
                  {open.length > 0
                    ? `${plural(open.length, 'row')} can be set here. All of it is one version, and one step back.`
                    : 'Everything that can be set here is set.'}
                </Text>
                {may('service.edit') && open.length > 0 && (
                  <Button
                    leftSection={<ShieldCheck size={16} />}
                    loading={act.isPending && !act.variables}
                    onClick={() => act.mutate(undefined)}
                  >
                    Follow all of it
                  </Button>
                )}
              </Group>
            </Callout>
            {act.isError && <Trouble error={act.error} />}
            <Table
              framed
              label="Advice"
              rows={rows}
              id={(r) => r.id}
              columns={[
                { key: 'title', label: 'Capability', width: '16%', cell: (r) => r.title },
                { key: 'intent', label: 'What to strive for', prose: true, cell: (r) => r.intent },
                { key: 'follows', label: 'What follows', prose: true, cell: (r) => <Follows row={r} /> },
                {
                  key: 'state',
                  label: 'Set',
                  width: '16%',
                  cell: (r) => <ToneMark tone={STATES[r.state].tone}>{STATES[r.state].label}</ToneMark>,
                },
                {
                  key: 'act',
                  label: 'Set it',
                  silent: true,
                  align: 'right',
                  cell: (r) =>
                    may('service.edit') &&
                    r.state === 'unmet' && (
                      <Button
                        size="xs"
                        variant="default"
                        aria-label={`Set it: ${r.title}`}
                        loading={act.isPending && act.variables?.[0] === r.id}
                        onClick={() => act.mutate([r.id])}
                      >
                        Set it
                      </Button>
                    ),
                },
              ]}
            />
            <Panel title="To be closed at the firewall" flush>
              <Table
                label="To be closed at the firewall"
                rows={ports}
                id={(p) => String(p.port)}
                columns={[
                  { key: 'port', label: 'Port', width: '12%', cell: (p) => p.port },
                  { key: 'why', label: 'Why', prose: true, cell: (p) => p.why },
                  { key: 'here', label: 'On this machine', width: '24%', cell: (p) => HERE[p.here] },
                ]}
              />
            </Panel>
          </Stack>
        );
      }}
    </Loaded>
  );
}

/** What following a row means, and what it would set. */
function Follows({ row }: { row: HardeningRow }) {
  return (
    <div>
      {row.follows}
      {row.changes.length > 0 && (
        <Text size="xs" c="dimmed">
          Would set {row.changes.map((c) => settingWords(c.where, c.after)).join('; ')}.
        </Text>
      )}
    </div>
  );
}
