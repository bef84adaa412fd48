import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import type { Release, Updates as State } from '../../api/types';
import { checkUpdates, updates } from '../../api/updates';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { Facts } from '../../ui/Facts';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { ToneMark } from '../../ui/Status';
import { onDay } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { When } from '../../ui/When';
import { CheckForm } from './CheckForm';
import { verdict } from './verdict';

/** Whether there is a newer version of Drover, and where that is asked. */
export default function Updates() {
  const state = useQuery(updates);
  const may = useMay();
  const [editing, setEditing] = useState(false);
  const check = useAct(checkUpdates, { stale: ['updates', 'security', 'overview'] });
  return (
    <>
      <PageHead
        title="Updates"
        lead="Whether there is a newer version of Drover. Nothing is fetched unless you switch that on, and nothing is ever installed."
      >
        {may('setting.edit') && state.data && (
          <>
            {state.data.enabled && (
              <Button variant="default" loading={check.isPending} onClick={() => check.mutate()}>
                Check now
              </Button>
            )}
            <Button variant="default" onClick={() => setEditing(true)}>
              {state.data.enabled ? 'Change the check' : 'Set up the check'}
            </Button>
          </>
        )}
      </PageHead>
      <Loaded of={state}>
        {(data) => (
          <Stack gap="lg">
            {check.isError && <Trouble error={check.error} />}
            <Callout tone={verdict(data).tone} title={verdict(data).title}>
              {verdict(data).words}
            </Callout>
            {data.newer.map((release) => (
              <Newer key={release.version} release={release} />
            ))}
            <Panel title="The check">
              <Facts rows={facts(data)} />
            </Panel>
            {editing && <CheckForm now={data} onClose={() => setEditing(false)} />}
          </Stack>
        )}
      </Loaded>
    </>
  );
}

function facts(data: Tagged<State>): [string, React.ReactNode][] {
  const rows: [string, React.ReactNode][] = [
    ['This version', data.running],
    ['Asked', data.enabled ? 'Once a day' : 'Never'],
  ];
  if (data.url) rows.push(['Manifest', data.url]);
  if (data.proxy) rows.push(['Proxy', data.proxy]);
  if (!data.enabled) return rows;
  rows.push(
    ['Trusted', data.ca ? 'The authorities given here alone' : 'The authorities of the server’s machine'],
    ['Last asked', <When key="asked" time={data.checked} />],
    ['Last believed', <When key="believed" time={data.answered} />],
    ['Next', <When key="next" time={data.due} />],
  );
  if (data.answered)
    rows.push(['Serial number', String(data.serial)], ['Believed until', onDay(data.expires)]);
  return rows;
}

function Newer({ release }: { release: Release }) {
  return (
    <Panel
      title={`Drover ${release.version}`}
      aside={release.security && <ToneMark tone="bad">Mends faults of security</ToneMark>}
    >
      <Stack gap="xs">
        <Text size="sm" c="dimmed">
          Of {onDay(release.date)}
        </Text>
        {release.notes && (
          <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {release.notes}
          </Text>
        )}
        {release.files.length > 0 && (
          <details style={{ fontSize: 'var(--mantine-font-size-sm)' }}>
            <summary>Files of {release.version} and their SHA-256</summary>
            <Facts rows={release.files.map((file): [string, string] => [file.name, file.sha256])} />
          </details>
        )}
      </Stack>
    </Panel>
  );
}
