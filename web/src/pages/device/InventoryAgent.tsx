import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { endInventoryToken, inventoryToken, makeInventoryToken } from '../../api/inventory';
import type { InventoryToken, NewInventoryToken } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Confirm } from '../../ui/Confirm';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Trouble } from '../../ui/Trouble';
import { When } from '../../ui/When';
import { AgentSetup } from '../devices/AgentSetup';

/** The token by which the inventory agent of a computer proves whose inventory it tells. */
export function InventoryAgent({ id }: { id: string }) {
  const answer = useQuery(inventoryToken(id));
  return (
    <Panel title="Its inventory agent">
      <Loaded of={answer}>{(token) => <State id={id} token={token} />}</Loaded>
    </Panel>
  );
}

function State({ id, token }: { id: string; token: InventoryToken }) {
  const may = useMay();
  const [made, setMade] = useState<NewInventoryToken>();
  const [asked, setAsked] = useState<'anew' | 'end'>();
  const close = () => setAsked(undefined);
  const make = useAct(() => makeInventoryToken(id), { stale: ['devices'], after: setMade });
  return (
    <>
      <Group justify="space-between">
        <Text size="sm">
          {token.exists ? (
            <>
              It has a token, made <When time={token.created} />.
            </>
          ) : (
            'It has no token: no agent can tell its inventory.'
          )}
        </Text>
        {may('device.enrol') && (
          <Group gap="xs">
            <Button
              variant="default"
              loading={make.isPending}
              onClick={() => (token.exists ? setAsked('anew') : make.mutate())}
            >
              {token.exists ? 'Make it anew…' : 'Make its token'}
            </Button>
            {token.exists && (
              <Button variant="default" onClick={() => setAsked('end')}>
                End it…
              </Button>
            )}
          </Group>
        )}
      </Group>
      {make.isError && <Trouble error={make.error} />}
      {asked === 'anew' && (
        <Confirm
          title="Make the token anew?"
          submit="Make it anew"
          run={async () => setMade(await makeInventoryToken(id))}
          done={() => ''}
          stale={['devices']}
          onClose={close}
        >
          <Text size="sm">The token that its agent has now ends at once. Give the agent the new one.</Text>
        </Confirm>
      )}
      {asked === 'end' && (
        <Confirm
          title="End the token?"
          submit="End it"
          run={() => endInventoryToken(id)}
          done={() => 'The token has ended.'}
          stale={['devices']}
          onClose={close}
        >
          <Text size="sm">Nothing tells this computer’s inventory any more. What is known stays.</Text>
        </Confirm>
      )}
      {made && <AgentSetup made={made} onClose={() => setMade(undefined)} />}
    </>
  );
}
