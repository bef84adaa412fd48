import { Badge, Button, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { closed, setClosed, waiting } from '../../api/registration';
import type { ComputersClosed } from '../../api/types';
import { useFilters } from '../../app/filters';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { PageHead } from '../../ui/PageHead';
import { TabList } from '../../ui/TabList';
import { plural } from '../../ui/time';
import { Entered } from './Entered';
import { Folders } from './Folders';
import { Keys } from './Keys';
import { PerServer } from './PerServer';
import { Reviews } from './Reviews';
import { Rules } from './Rules';

const TABS = ['waiting', 'rules', 'keys', 'entered', 'folders'];

/** Which computers come into the zone, and where they go. */
export default function Registration() {
  const may = useMay();
  const [filters, setFilters] = useFilters();
  const tab = TABS.includes(filters.tab ?? '') ? filters.tab : 'waiting';
  const edit = may('registration.edit');
  const waits = useQuery(waiting).data?.length ?? 0;
  return (
    <>
      <PageHead title="Registration" lead="Which computers come into the zone, and where they go.">
        {may('service.read') && <Closing />}
      </PageHead>
      <Tabs value={tab} onChange={(next) => setFilters({ tab: next ?? '' })} keepMounted={false}>
        <TabList shown={tab}>
          <Tabs.Tab
            value="waiting"
            rightSection={
              waits > 0 && (
                <Badge size="sm" circle variant="filled" aria-label={`${waits} waiting`}>
                  {waits}
                </Badge>
              )
            }
          >
            Waiting
          </Tabs.Tab>
          <Tabs.Tab value="rules">Rules</Tabs.Tab>
          {may('device.enrol') && <Tabs.Tab value="keys">Keys</Tabs.Tab>}
          <Tabs.Tab value="entered">Entered beforehand</Tabs.Tab>
          {may('group.read') && <Tabs.Tab value="folders">Folders</Tabs.Tab>}
        </TabList>
        <Tabs.Panel value="waiting">
          <Reviews edit={edit} />
        </Tabs.Panel>
        <Tabs.Panel value="rules">
          <Rules edit={edit} />
        </Tabs.Panel>
        <Tabs.Panel value="keys">{may('device.enrol') && <Keys edit />}</Tabs.Panel>
        <Tabs.Panel value="entered">
          <Entered edit={edit} />
        </Tabs.Panel>
        <Tabs.Panel value="folders">{may('group.read') && <Folders />}</Tabs.Panel>
      </Tabs>
    </>
  );
}

/** Whether the zone takes new computers in at all. */
function Closing() {
  const may = useMay();
  const answer = useQuery(closed);
  const [changing, setChanging] = useState(false);
  if (!answer.data) return null;
  const now = answer.data;
  return (
    <>
      {now.zone && <Callout tone="wait">No new computer is taken in.</Callout>}
      {!now.zone && now.servers.length > 0 && (
        <Callout tone="info">
          {plural(now.servers.length, 'server')} of the zone {now.servers.length === 1 ? 'takes' : 'take'} no
          new computer in.
        </Callout>
      )}
      {may('service.edit') && (
        <Button variant="default" onClick={() => setChanging(true)}>
          {now.zone ? 'Take computers in again…' : 'Take none in…'}
        </Button>
      )}
      {may('service.edit') && <PerServer now={now} />}
      {changing && <Change now={now} onClose={() => setChanging(false)} />}
    </>
  );
}

function Change({ now, onClose }: { now: Tagged<ComputersClosed>; onClose: () => void }) {
  const save = useAct(() => setClosed(now.etag, { zone: !now.zone, servers: now.servers }), {
    done: () => (now.zone ? 'New computers are taken in again.' : 'No new computer is taken in.'),
    stale: ['computers'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      title={now.zone ? 'Take computers in again?' : 'Take no new computer in?'}
      submit={now.zone ? 'Take them in' : 'Take none in'}
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
    >
      <Text size="sm">
        {now.zone
          ? 'Whoever has a key or a one-time code comes in again, as the rules say.'
          : 'Whatever key or code it has. Computers that are here already stay, and renew their keys.'}
      </Text>
    </Dialog>
  );
}
