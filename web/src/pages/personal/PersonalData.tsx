import { Anchor, Button, Group, NumberInput, Stack, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { deletions, holds, retention, setRetention } from '../../api/personal';
import type { Deletion, Hold, Retention } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { humanize } from '../../ui/states';
import { ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { count, onDay } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { When } from '../../ui/When';
import { MapServer } from './MapServer';

/** How long personal data is kept, what was deleted for its age, and what must not be. */
export default function PersonalData() {
  const may = useMay();
  const answer = useQuery(retention);
  return (
    <>
      <PageHead
        title="Personal data"
        lead="What devices tell of their users is collected only where a policy suite asks for it, and deleted after its time."
      />
      <Stack gap="lg">
        <Loaded of={answer}>
          {(found) => <Keeping key={found.etag} now={found} edit={may('privacy.edit')} />}
        </Loaded>
        <MapServer />
        {may('privacy.edit') && <Holds />}
        {may('audit.read') && <Deletions />}
      </Stack>
    </>
  );
}

function Keeping({ now, edit }: { now: Tagged<Retention>; edit: boolean }) {
  const [days, setDays] = useState(() => Object.fromEntries(now.kinds.map((k) => [k.kind, k.days])));
  const [history, setHistory] = useState(now.locationHistory);
  const save = useAct(() => setRetention(now.etag, { days, locationHistory: history }), {
    done: () => 'Saved. What is older than its time goes within the hour.',
    stale: ['personal'],
  });
  const changed = history !== now.locationHistory || now.kinds.some((k) => days[k.kind] !== k.days);
  return (
    <Panel title="How long it is kept">
      <Stack gap="md">
        {now.kinds.map((k) => (
          <Group key={k.kind} justify="space-between" wrap="nowrap">
            <Text size="sm">{k.words}</Text>
            <NumberInput
              aria-label={`Days for: ${k.words}`}
              suffix=" days"
              min={1}
              max={3650}
              allowDecimal={false}
              value={days[k.kind]}
              readOnly={!edit}
              onChange={(next) => setDays({ ...days, [k.kind]: Number(next) })}
              w={120}
              miw={120}
            />
          </Group>
        ))}
        <Switch
          label="Keep all positions"
          description="Otherwise each position takes the place of the one before."
          checked={history}
          disabled={!edit}
          onChange={(e) => setHistory(e.currentTarget.checked)}
        />
        {save.isError && <Trouble error={save.error} />}
        {edit && (
          <Group>
            <Button disabled={!changed} loading={save.isPending} onClick={() => save.mutate()}>
              Save
            </Button>
          </Group>
        )}
      </Stack>
    </Panel>
  );
}

const HOLDS = [
  {
    key: 'user',
    label: 'User',
    cell: (h: Hold) => (
      <Anchor component={Link} to={`/users/${h.user.id}`} size="sm">
        {h.user.name || h.user.id}
      </Anchor>
    ),
  },
  { key: 'reason', label: 'Reason', cell: (h: Hold) => h.reason },
  { key: 'placed', label: 'Placed', cell: (h: Hold) => `${onDay(h.placed)} by ${h.placedBy.name}` },
  {
    key: 'state',
    label: 'State',
    cell: (h: Hold) =>
      h.lifted ? (
        <ToneMark tone="off">{`Lifted ${onDay(h.lifted)}`}</ToneMark>
      ) : (
        <ToneMark tone="wait">Stands</ToneMark>
      ),
  },
];

function Holds() {
  const answer = useQuery(holds);
  return (
    <Loaded of={answer}>
      {(list) => (
        <Panel title="Legal holds" flush={list.length > 0}>
          {list.length === 0 ? (
            <Text size="sm" c="dimmed">
              None. A hold is placed on a user’s page.
            </Text>
          ) : (
            <Table label="Legal holds" rows={list} columns={HOLDS} id={(h) => h.id} />
          )}
        </Panel>
      )}
    </Loaded>
  );
}

const PROOFS = [
  { key: 'at', label: 'When', cell: (d: Deletion) => <When time={d.at} /> },
  { key: 'kind', label: 'What', cell: (d: Deletion) => `${count(d.entries)} of ${humanize(d.kind)}` },
  { key: 'age', label: 'Had come', cell: (d: Deletion) => `${onDay(d.oldest)} to ${onDay(d.newest)}` },
  {
    key: 'digest',
    label: 'SHA-256 of their ids',
    cell: (d: Deletion) => <code title={d.digest}>{d.digest.slice(0, 16)}…</code>,
  },
];

function Deletions() {
  const answer = useQuery(deletions);
  return (
    <Loaded of={answer}>
      {(list) => (
        <Panel title="Deleted for its age" flush={list.length > 0}>
          {list.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nothing yet. Each deletion leaves a proof here and in the audit log.
            </Text>
          ) : (
            <Table label="Proofs of deletion" rows={list} columns={PROOFS} id={(d) => d.id} />
          )}
        </Panel>
      )}
    </Loaded>
  );
}
