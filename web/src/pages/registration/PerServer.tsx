import { Button, Stack, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { servers } from '../../api/doors';
import { setClosed } from '../../api/registration';
import type { ComputersClosed, ZoneServer } from '../../api/types';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';

/** At which servers new computers are taken in. */
export function PerServer({ now }: { now: Tagged<ComputersClosed> }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        Per server…
      </Button>
      {open && <Servers now={now} onClose={() => setOpen(false)} />}
    </>
  );
}

function Servers({ now, onClose }: { now: Tagged<ComputersClosed>; onClose: () => void }) {
  const answer = useQuery(servers);
  const [shut, setShut] = useState(now.servers);
  const save = useAct(() => setClosed(now.etag, { zone: now.zone, servers: shut }), {
    done: () => 'Saved. It holds for the next computer that comes.',
    stale: ['computers'],
    after: onClose,
  });
  const turn = (id: string, takes: boolean) =>
    setShut((old) => (takes ? old.filter((s) => s !== id) : [...old, id]));
  return (
    <Dialog
      opened
      title="Where new computers are taken in"
      submit="Save"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
    >
      <Text size="sm">
        A server that takes none in refuses whatever key or code a new computer shows. Computers that are here
        already stay, and renew their keys.
        {now.zone && ' At present the zone takes none in anywhere, whatever is set here.'}
      </Text>
      <Loaded of={answer}>
        {(list) => (
          <Stack gap="sm">
            {list.map((s) => (
              <Switch
                key={s.id}
                label={s.name}
                description={wordsOf(s)}
                checked={!shut.includes(s.id)}
                onChange={(e) => turn(s.id, e.currentTarget.checked)}
              />
            ))}
          </Stack>
        )}
      </Loaded>
    </Dialog>
  );
}

function wordsOf(s: ZoneServer): string {
  const place = s.placement === 'dmz' ? 'In the DMZ' : 'Internal';
  return s.self ? `${place}, the one that you speak to` : place;
}
