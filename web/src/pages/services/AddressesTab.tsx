import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { doors, servers } from '../../api/doors';
import type { Doors, DoorVersion, ServerAddress, ZoneServer } from '../../api/types';
import { useMay } from '../../app/me';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { AddressDialog } from './AddressDialog';
import { addressesOf, OPEN, ROLES, TOLD, withAddresses } from './advertise';
import { ClosestPreview } from './ClosestPreview';
import { Gaps } from './Gaps';
import { Locations } from './Locations';
import { OrderGrid } from './OrderGrid';
import { SaveDoors } from './SaveDoors';

/** Of which servers computers are told, and in which order they try them. */
export function AddressesTab({ server }: { server: string }) {
  const answer = useQuery(doors);
  const list = useQuery(servers);
  return (
    <Loaded of={answer}>
      {(now) => <Addresses key={now.version} now={now} server={server} all={list.data ?? []} />}
    </Loaded>
  );
}

interface AddressesProps {
  now: Tagged<DoorVersion>;
  server: string;
  all: ZoneServer[];
}

function Addresses({ now, server, all }: AddressesProps) {
  const may = useMay();
  const [draft, setDraft] = useState<Doors>();
  const said = draft ?? now.doors;
  if (!said) return null;
  const change = may('service.edit') ? setDraft : undefined;
  return (
    <Stack gap="lg">
      <Text size="sm" c="dimmed" maw={760}>
        Computers with the agent are told at which addresses to find the zone. To hide an address is not to
        block it: who knows it still comes to the door, where the rules decide.
      </Text>
      <Gaps list={now.gaps ?? []} />
      {all
        .filter((s) => !server || s.id === server)
        .map((s) => (
          <OneServer
            key={s.id}
            server={s}
            rows={addressesOf(said, s)}
            onChange={change && ((addresses) => change(withAddresses(said, s.id, addresses)))}
          />
        ))}
      {!server && (
        <>
          <Panel title="In which order computers try servers">
            <OrderGrid
              servers={all}
              orders={said.order ?? []}
              onChange={change && ((order) => change({ ...said, order }))}
            />
          </Panel>
          <Locations
            servers={all}
            list={said.locations ?? []}
            onChange={change && ((locations) => change({ ...said, locations }))}
          />
        </>
      )}
      <ClosestPreview />
      {draft && <SaveDoors now={now} draft={draft} onUndo={() => setDraft(undefined)} />}
    </Stack>
  );
}

type Row = ReturnType<typeof addressesOf>[number];

interface OneServerProps {
  server: ZoneServer;
  rows: Row[];
  onChange?: (addresses: ServerAddress[]) => void;
}

/** The addresses of one server, and beside each other who is told of it and whom it lets in. */
function OneServer({ server, rows, onChange }: OneServerProps) {
  const [form, setForm] = useState<Row | 'new'>();
  const said = rows.filter((a) => a.said).map(({ url, shown, roles }) => ({ url, shown, roles }));
  const save = (made: ServerAddress, old?: string) =>
    onChange?.([...said.filter((a) => a.url !== made.url && a.url !== old), made]);
  return (
    <Panel
      title={`${server.name}${server.placement === 'dmz' ? ', in a DMZ' : ''}`}
      aside={
        onChange && (
          <Button
            size="xs"
            variant="default"
            leftSection={<Plus size={14} />}
            onClick={() => setForm('new')}
            aria-label={`Add an address of ${server.name}`}
          >
            Add an address
          </Button>
        )
      }
      flush
    >
      <Table
        label={`Addresses of ${server.name}`}
        rows={rows}
        id={(a) => a.url}
        columns={[
          { key: 'url', label: 'Address', width: '36%', cell: (a) => a.url },
          { key: 'told', label: 'Told to', prose: true, cell: toldWords },
          {
            key: 'said',
            label: 'Known from',
            width: '24%',
            cell: (a) => (a.said ? 'What was said here' : 'The server itself'),
          },
          {
            key: 'act',
            label: 'Change',
            silent: true,
            align: 'right',
            width: '12%',
            cell: (a) =>
              onChange && (
                <Button size="xs" variant="default" aria-label={`Change ${a.url}`} onClick={() => setForm(a)}>
                  Change
                </Button>
              ),
          },
        ]}
      />
      <Table
        label={`Hidden and blocked at ${server.name}`}
        rows={server.roles}
        id={(r) => r.role}
        columns={[
          {
            key: 'role',
            label: 'For',
            width: '36%',
            cell: (r) => ROLES.find((x) => x.role === r.role)?.label,
          },
          {
            key: 'told',
            label: 'Told to (hidden or not)',
            cell: (r) => <ToneMark tone={r.told === 'withheld' ? 'off' : 'info'}>{TOLD[r.told]}</ToneMark>,
          },
          {
            key: 'open',
            label: 'Open to (blocked or not)',
            width: '36%',
            cell: (r) => <ToneMark tone={r.open === 'nobody' ? 'off' : 'ok'}>{OPEN[r.open]}</ToneMark>,
          },
        ]}
      />
      {form && (
        <AddressDialog
          address={form === 'new' ? undefined : form}
          onClose={() => setForm(undefined)}
          onSave={(made) => save(made, form === 'new' ? undefined : form.url)}
          onForget={
            form !== 'new' && form.said ? () => onChange?.(said.filter((a) => a.url !== form.url)) : undefined
          }
        />
      )}
    </Panel>
  );
}

/** Who is told of an address, with the roles for which that differs. */
function toldWords(a: Row): string {
  if (a.local) return 'Programs on the server’s own machine';
  const roles = (a.roles ?? []).map(
    (r) => `for ${r.role}: ${TOLD[r.shown].charAt(0).toLowerCase()}${TOLD[r.shown].slice(1)}`,
  );
  return [TOLD[a.shown], ...roles].join('; ');
}
