import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Eye } from 'lucide-react';
import { useState } from 'react';
import { exportUser, holds, liftHold, looks, placeHold } from '../../api/personal';
import type { Look, User } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { save } from '../../ui/save';
import { Callout } from '../../ui/Callout';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { Grid, type GridColumn } from '../../ui/Grid';
import { Panel } from '../../ui/Panel';
import { ReasonField } from '../../ui/ReasonField';
import { humanize } from '../../ui/states';
import { onDay } from '../../ui/time';
import { When } from '../../ui/When';

const COLUMNS: GridColumn<Look>[] = [
  { key: 'at', label: 'When', track: '150px', phone: 'second', cell: (l) => <When time={l.at} /> },
  { key: 'by', label: 'Who', track: 'minmax(120px, 1fr)', phone: 'lead', cell: (l) => l.by.name || l.by.id },
  { key: 'kind', label: 'What', track: '140px', phone: 'mark', cell: (l) => humanize(l.kind) },
  { key: 'device', label: 'Device', track: 'minmax(120px, 1fr)', cell: (l) => l.device.name },
  { key: 'reason', label: 'Reason', track: 'minmax(160px, 2fr)', cell: (l) => l.reason },
];

/** A user's personal data as a whole: who has looked, all of it as an archive, and legal holds. */
export function PersonalPanel({ user: u }: { user: User }) {
  const may = useMay();
  const [open, setOpen] = useState<'export' | 'hold'>();
  const all = useQuery({ ...holds, enabled: may('privacy.edit') });
  const standing = (all.data ?? []).filter((h) => h.user.id === u.id && !h.lifted);
  const lift = useAct((id: string) => liftHold(id), {
    done: () => 'The hold is lifted.',
    stale: ['personal'],
  });
  return (
    <Panel title="Personal data">
      <Stack gap="md">
        {standing.map((h) => (
          <Callout key={h.id} tone="wait" title="A legal hold stands">
            <Group justify="space-between">
              <Text size="sm">
                Since {onDay(h.placed)}: {h.reason}
              </Text>
              <Button size="compact-sm" variant="default" onClick={() => lift.mutate(h.id)}>
                Lift
              </Button>
            </Group>
          </Callout>
        ))}
        <Group gap="xs">
          {may('user.personal.read') && (
            <Button variant="default" onClick={() => setOpen('export')}>
              Export everything…
            </Button>
          )}
          {may('privacy.edit') && (
            <Button variant="default" onClick={() => setOpen('hold')}>
              Place a legal hold…
            </Button>
          )}
        </Group>
        {may('audit.read') && (
          <div style={{ '--grid-above': '620px' } as React.CSSProperties}>
            <Grid
              label="Looks at this user’s data"
              noun="look"
              query={looks(u.id)}
              columns={COLUMNS}
              id={(l) => l.id}
              name={(l) => l.reason}
              empty={
                <Empty icon={Eye} title="Nobody has looked">
                  Each look at this user’s personal data will stand here, and the user sees the same list.
                </Empty>
              }
            />
          </div>
        )}
      </Stack>
      {open === 'export' && <Export user={u} onClose={() => setOpen(undefined)} />}
      {open === 'hold' && <PlaceHold user={u} onClose={() => setOpen(undefined)} />}
    </Panel>
  );
}

function Export({ user: u, onClose }: { user: User; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const run = useAct(() => exportUser(u.id, reason.trim()), {
    stale: ['users'],
    after: (blob) => {
      save(`${u.name}.zip`, blob);
      onClose();
    },
  });
  return (
    <Dialog
      opened
      title={`Export what is kept of ${u.name}?`}
      submit="Export"
      onClose={onClose}
      onSubmit={() => run.mutate()}
      busy={run.isPending}
      error={run.error}
      incomplete={!reason.trim()}
    >
      <Text size="sm">
        A ZIP archive with everything: the user, the devices, orders, looks, and every kind of personal data
        in clear. It is one look, which {u.name} sees.
      </Text>
      <ReasonField value={reason} onChange={setReason} />
    </Dialog>
  );
}

function PlaceHold({ user: u, onClose }: { user: User; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const place = useAct(() => placeHold(u.id, reason.trim()), {
    done: () => 'The data is held.',
    stale: ['personal'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      title={`Hold the data of ${u.name}?`}
      submit="Place the hold"
      onClose={onClose}
      onSubmit={() => place.mutate()}
      busy={place.isPending}
      error={place.error}
      incomplete={!reason.trim()}
    >
      <Text size="sm">
        While it stands nothing of {u.name} is deleted for its age, and the user cannot be erased. {u.name} is
        not told.
      </Text>
      <ReasonField value={reason} onChange={setReason} />
    </Dialog>
  );
}
