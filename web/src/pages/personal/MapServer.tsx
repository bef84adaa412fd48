import { Button, Group, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, type Tagged } from '../../api/client';
import type { MapTiles } from '../../api/types';
import { mapTiles, setMapTiles } from '../../api/zone';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Facts } from '../../ui/Facts';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { places } from '../../ui/submit';

const NONE: MapTiles = { url: '', attribution: '' };

/** From where the maps of positions take their tiles. */
export function MapServer() {
  const may = useMay();
  const answer = useQuery(mapTiles);
  const [changing, setChanging] = useState(false);
  const edit = may('setting.edit');
  return (
    <Loaded of={answer}>
      {(now) => (
        <Panel
          title="Maps"
          aside={
            edit && (
              <Button size="xs" variant="default" onClick={() => setChanging(true)}>
                {now.url ? 'Change' : 'Use a map server'}
              </Button>
            )
          }
        >
          {now.url ? (
            <Facts
              rows={[
                ['Tiles', now.url],
                ['Made by', now.attribution || 'Nobody is named'],
              ]}
            />
          ) : (
            <Text size="sm" c="dimmed">
              Positions are drawn on an outline of all countries that comes with Drover: no server learns of
              them.
            </Text>
          )}
          {changing && <Change now={now} onClose={() => setChanging(false)} />}
        </Panel>
      )}
    </Loaded>
  );
}

/** Pages that are open keep what they may fetch; this one is loaded again. */
const again = () => window.location.reload();

function Change({ now, onClose }: { now: Tagged<MapTiles>; onClose: () => void }) {
  const form = useForm<MapTiles>({ initialValues: { url: now.url, attribution: now.attribution } });
  const save = useAct((body: MapTiles) => setMapTiles(now.etag, body), { stale: ['zone'], after: again });
  const faults = save.error instanceof ApiError && Object.keys(save.error.fields).length > 0;
  const submit = form.onSubmit((body) =>
    save.mutate(
      { url: body.url.trim(), attribution: body.attribution.trim() },
      { onError: (error) => places(form, error) },
    ),
  );
  return (
    <Dialog
      opened
      title="Map server"
      submit="Save"
      onClose={onClose}
      onSubmit={() => submit()}
      busy={save.isPending}
      error={faults ? undefined : save.error}
      incomplete={!form.values.url.trim()}
    >
      <TextInput
        label="Address of a tile"
        description="With {z}, {x} and {y} in it. https, or http at this machine or an address of a private network."
        placeholder="https://tiles.example.org/{z}/{x}/{y}.png"
        data-autofocus
        {...form.getInputProps('url')}
      />
      <TextInput
        label="Who has made the map"
        description="Stands below each map."
        {...form.getInputProps('attribution')}
      />
      <Text size="sm" c="dimmed">
        Use a server of your own: it learns around which places somebody looks for a device, and its owner for
        what is kept of it. The pages of the dashboard and of the self-service portal may then fetch images
        from it, and from nowhere else.
      </Text>
      {now.url && (
        <Group>
          <Button size="xs" variant="default" onClick={() => save.mutate(NONE)} loading={save.isPending}>
            Use the outline again
          </Button>
        </Group>
      )}
    </Dialog>
  );
}
