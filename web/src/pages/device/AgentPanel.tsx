import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../../api/client';
import { deviceAgent, deviceKeys } from '../../api/computers';
import type { DeviceAgent, DeviceKey } from '../../api/types';
import { Facts } from '../../ui/Facts';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { ToneMark } from '../../ui/Status';
import { count, plural } from '../../ui/time';
import { When } from '../../ui/When';

const DOCUMENTS: Record<string, string> = {
  settings: 'Settings',
  policies: 'Policy',
  assignments: 'Scripts and commands',
  locations: 'Closest servers',
};

const REASONS: Record<string, string> = {
  signature: 'its signature is not the zone’s',
  key: 'it is signed by a key that the agent does not know',
  device: 'it is for another computer',
  kind: 'the agent does not know its kind',
  older: 'it is older than the one in force',
  expired: 'it has expired',
  form: 'the agent cannot read it',
};

const ENDED: Record<string, string> = {
  left: 'The agent has left the zone',
  revoked: 'Its key was ended here',
  wiped: 'It has erased itself',
};

/** How our own agent stands on a computer, as it told last. */
export function AgentPanel({ id }: { id: string }) {
  const answer = useQuery(deviceAgent(id));
  const keys = useQuery(deviceKeys(id));
  const ended = keys.data && whichEnded(keys.data);
  const silent = answer.error instanceof ApiError && answer.error.status === 404;
  return (
    <Panel title="Its agent">
      {ended && <Gone last={ended} />}
      {silent && !ended && (
        <Text size="sm" c="dimmed">
          It has not told how it stands yet: it does so within minutes of its start.
        </Text>
      )}
      {!silent && <Loaded of={answer}>{(agent) => <Stands agent={agent} />}</Loaded>}
    </Panel>
  );
}

/** The key that counted last, where none counts any more. Of a computer that is retired the page says so itself. */
function whichEnded(keys: DeviceKey[]): DeviceKey | undefined {
  if (keys.some((k) => k.state !== 'ended')) return undefined;
  return keys[0]?.because === 'retired' ? undefined : keys[0];
}

/** Says that the computer is in the lists, but tells and obeys nothing. */
function Gone({ last }: { last: DeviceKey }) {
  return (
    <Text size="sm" component="div" mb="sm">
      <ToneMark tone="bad">{ENDED[last.because] ?? 'Its key has ended'}</ToneMark> ·{' '}
      <When time={last.ended} />. It tells and obeys nothing any more until it is registered again.
    </Text>
  );
}

function Stands({ agent: a }: { agent: DeviceAgent }) {
  return (
    <Facts
      rows={[
        ['Version', a.version],
        ['Told last', <When key="t" time={a.received} />],
        ...a.documents.map((d): [string, React.ReactNode] => [
          DOCUMENTS[d.kind] ?? d.kind,
          d.stale ? (
            <ToneMark key={d.kind} tone="wait">
              In force, though expired
            </ToneMark>
          ) : (
            <ToneMark key={d.kind} tone="ok">
              In force
            </ToneMark>
          ),
        ]),
        ...a.refused.map((r): [string, React.ReactNode] => [
          DOCUMENTS[r.kind] ?? r.kind,
          <ToneMark key={r.kind} tone="bad">{`Not taken: ${REASONS[r.reason] ?? r.reason}`}</ToneMark>,
        ]),
        ['Not delivered yet', a.waiting > 0 ? plural(a.waiting, 'report') : 'Nothing'],
        ['Events lost', count(a.lost)],
      ]}
    />
  );
}
