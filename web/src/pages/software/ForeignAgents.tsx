import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Tagged } from '../../api/client';
import { collection, setCollection } from '../../api/inventory';
import type { Collection } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Callout } from '../../ui/Callout';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { ToneMark } from '../../ui/Status';
import { Trouble } from '../../ui/Trouble';

/** Whether inventories are taken from the agents of others, and the switch. */
export function ForeignAgents() {
  const may = useMay();
  const answer = useQuery({ ...collection, enabled: may('service.read') });
  if (!may('service.read')) return null;
  return (
    <Panel title="Inventory agents of others">
      <Loaded of={answer}>{(now) => <Switch now={now} />}</Loaded>
    </Panel>
  );
}

function Switch({ now }: { now: Tagged<Collection> }) {
  const may = useMay();
  return (
    <Group justify="space-between">
      <div style={{ flex: '1 1 320px' }}>
        <ToneMark tone={now.foreign ? 'ok' : 'off'}>{now.foreign ? 'Let in' : 'Not let in'}</ToneMark>
        <Text size="sm" mt={6}>
          {now.foreign
            ? 'GLPI Agent, FusionInventory and OCS Inventory tell inventories, each by the token of its computer.'
            : 'GLPI Agent, FusionInventory and OCS Inventory are refused, whatever token they have, unless collection only observes (Services and access, Rules).'}
        </Text>
      </div>
      {may('service.edit') && <LetIn now={now} />}
    </Group>
  );
}

function LetIn({ now }: { now: Tagged<Collection> }) {
  const turn = useAct(() => setCollection(now.etag, { foreign: !now.foreign }), {
    done: (saved) =>
      saved.foreign ? 'Inventory agents of others are let in.' : 'Inventory agents of others are refused.',
    stale: ['inventory'],
  });
  return (
    <>
      <Button variant="default" loading={turn.isPending} onClick={() => turn.mutate()}>
        {now.foreign ? 'Let them in no more' : 'Let them in'}
      </Button>
      {turn.isError && <Trouble error={turn.error} />}
    </>
  );
}

/** Said where somebody is about to set up such an agent while none is let in. */
export function AgentsOff() {
  const may = useMay();
  const { data } = useQuery({ ...collection, enabled: may('service.read') });
  if (!data || data.foreign) return null;
  return (
    <Callout tone="wait" title="Inventory agents of others are not let in yet">
      <Text size="sm" mb={may('service.edit') ? 'xs' : 0}>
        Until they are, this agent is refused.{' '}
        {!may('service.edit') && 'Whoever may change services lets them in.'}
      </Text>
      {may('service.edit') && <LetIn now={data} />}
    </Callout>
  );
}
