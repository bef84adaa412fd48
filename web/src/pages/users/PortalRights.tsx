import { Anchor, Button, Checkbox, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Hand } from 'lucide-react';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { offerInPortal, portal } from '../../api/people';
import type { Portal } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';

/** What users may do by themselves, with the way to change it. */
export function PortalRights() {
  const may = useMay();
  const [open, setOpen] = useState(false);
  const now = useQuery({ ...portal, enabled: open });
  if (!may('setting.edit')) return null;
  return (
    <>
      <Button variant="default" leftSection={<Hand size={15} />} onClick={() => setOpen(true)}>
        Self-service
      </Button>
      {open && now.data && <Rights now={now.data} onClose={() => setOpen(false)} />}
    </>
  );
}

function Rights({ now, onClose }: { now: Tagged<Portal>; onClose: () => void }) {
  const before = now.abilities.filter((ability) => ability.offered).map((ability) => ability.key);
  const [offered, setOffered] = useState(before);
  const save = useAct(() => offerInPortal(now.etag, offered), {
    done: () => 'Users may do this from their next click on.',
    stale: ['portal'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      title="What users may do themselves"
      submit="Save"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
      incomplete={offered.toSorted().join() === before.toSorted().join()}
    >
      <Text size="sm">
        In the self-service portal,{' '}
        <Anchor href={now.url} underline="always">
          {now.url}
        </Anchor>
        , with their own devices and as far as each platform can. Seeing what is kept of oneself, and taking
        it along, is everybody’s.
      </Text>
      <Checkbox.Group label="Users may" value={offered} onChange={setOffered}>
        <Stack gap="xs" mt="xs">
          {now.abilities.map((ability) => (
            <Checkbox
              key={ability.key}
              value={ability.key}
              label={ability.label}
              description={ability.proof ? 'They prove once more who they are, each time.' : undefined}
            />
          ))}
        </Stack>
      </Checkbox.Group>
    </Dialog>
  );
}
