import { ActionIcon, Group, Text, TextInput, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import type { Info } from '../../api/types';
import { renameZone, zone } from '../../api/zone';
import { useMay, useMe } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';

/** What the zone is called, with the way to call it something else. */
export function ZoneName() {
  const may = useMay();
  const { zone: known } = useMe();
  const edit = may('setting.edit');
  const answer = useQuery({ ...zone, enabled: edit });
  const [renaming, setRenaming] = useState(false);
  return (
    <Group gap={4}>
      {known.name}, as it is now.
      {edit && (
        <Tooltip label="Rename the zone">
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label="Rename the zone"
            onClick={() => setRenaming(true)}
          >
            <Pencil size={14} />
          </ActionIcon>
        </Tooltip>
      )}
      {renaming && answer.data && <Rename now={answer.data} onClose={() => setRenaming(false)} />}
    </Group>
  );
}

function Rename({ now, onClose }: { now: Tagged<Info>; onClose: () => void }) {
  const [name, setName] = useState(now.zone);
  const rename = useAct(() => renameZone(now.etag, name.trim()), {
    done: (info) => `The zone is called ${info.zone}.`,
    stale: ['zone', 'session'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      title="Rename the zone"
      submit="Rename"
      onClose={onClose}
      onSubmit={() => rename.mutate()}
      busy={rename.isPending}
      error={rename.error}
      incomplete={!name.trim() || name.trim() === now.zone}
    >
      <TextInput
        label="Name"
        description="Stands in the sidebar, in the title of every page, and before the subject of mails to administrators."
        value={name}
        onChange={(e) => setName(e.currentTarget.value)}
        maxLength={60}
        data-autofocus
      />
      <Text size="sm" c="dimmed">
        Addresses, certificates and what phones have stored are not touched.
      </Text>
    </Dialog>
  );
}
