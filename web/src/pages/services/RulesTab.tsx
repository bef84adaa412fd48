import { Group, NumberInput, Select, Stack, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Tagged } from '../../api/client';
import { doors } from '../../api/doors';
import type { DoorPlace, Doors, DoorVersion, Service } from '../../api/types';
import { services } from '../../api/zone';
import { useMay } from '../../app/me';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { type Category, placeOf, withPlace, withService } from './draft';
import { FilterPanel } from './FilterPanel';
import { SaveDoors } from './SaveDoors';
import { LEVELS } from './words';

const CATEGORIES: { key: Category; title: string }[] = [
  { key: 'endpoint', title: 'What devices and users call' },
  { key: 'administration', title: 'What administrators call' },
  { key: 'tools', title: 'What technicians call' },
];

/** Who may come from where: rules are tried on who has come before they are saved. */
export function RulesTab({ server }: { server: string }) {
  const answer = useQuery(doors);
  const rows = useQuery(services(server));
  return (
    <Loaded of={answer}>
      {(now) => <Rules key={now.version} now={now} server={server} rows={rows.data?.items ?? []} />}
    </Loaded>
  );
}

interface RulesProps {
  now: Tagged<DoorVersion>;
  server: string;
  rows: Service[];
}

function Rules({ now, server, rows }: RulesProps) {
  const may = useMay();
  const saved = now.doors;
  const [draft, setDraft] = useState<Doors>();
  const [added, setAdded] = useState<string[]>([]);
  const said = draft ?? saved;
  if (!said) return null;
  const edit = may('service.edit');
  const place = placeOf(said, server);
  const set = (next: DoorPlace) => setDraft(withPlace(said, server, next));
  const inherited = server
    ? 'Nothing is said of this server alone: what holds on all servers holds here.'
    : 'Everybody is let in.';
  const single = place.services.filter(
    (s) =>
      added.includes(s.service) ||
      (s.filter ?? s.level ?? s.perAddress ?? s.perDevice ?? s.body ?? s.seconds) !== undefined,
  );
  return (
    <Stack gap="lg">
      {CATEGORIES.map(({ key, title }) => (
        <FilterPanel
          key={key}
          title={title}
          without={inherited}
          filter={place[key]}
          onChange={edit ? (filter) => set({ ...place, [key]: filter }) : undefined}
        />
      ))}
      {single.map((s) => (
        <FilterPanel
          key={s.service}
          title={s.service}
          without="It has no rules of its own: those of its kind hold."
          filter={s.filter}
          onChange={edit ? (filter) => set(withService(place, s.service, { filter })) : undefined}
        >
          <Bounds
            row={rowOf(rows, s.service)}
            said={s}
            onChange={edit ? (change) => set(withService(place, s.service, change)) : undefined}
          />
        </FilterPanel>
      ))}
      {edit && (
        <Select
          label="Say something of a single service"
          description="Rules of its own go before those of its kind."
          placeholder="Choose a service"
          maw={360}
          data={[SHARED, ...rows.filter((r) => r.built).map((r) => r.name)].filter(
            (name) => !single.some((s) => s.service === name),
          )}
          value={null}
          onChange={(name) => {
            if (!name) return;
            setAdded([...added, name]);
            set(withService(place, name, {}));
          }}
        />
      )}
      {!server && (
        <Panel title="Internal networks">
          <Textarea
            aria-label="Internal networks"
            description="One a line. Rules name them together as all internal addresses."
            autosize
            minRows={3}
            readOnly={!edit}
            value={said.internal.join('\n')}
            onChange={(e) => setDraft({ ...said, internal: e.currentTarget.value.split('\n') })}
          />
        </Panel>
      )}
      {draft && (
        <SaveDoors
          now={now}
          draft={draft}
          onUndo={() => {
            setDraft(undefined);
            setAdded([]);
          }}
        />
      )}
    </Stack>
  );
}

/** Under this name stands what all services of management share. */
const SHARED = 'management';

const rowOf = (rows: Service[], name: string) =>
  rows.find((r) => r.name === (name === SHARED ? 'management.settings' : name));

type Settings = DoorPlace['services'][number];

interface BoundsProps {
  row?: Service;
  said: Settings;
  onChange?: (change: Partial<Settings>) => void;
}

const MIB = 1 << 20;

/** How much proof a service asks for, how often it may be called, and how much it takes. */
function Bounds({ row, said, onChange }: BoundsProps) {
  return (
    <Group align="flex-end">
      {row && row.levels.length > 1 && (
        <Select
          label="Proof of identity"
          w={320}
          data={row.levels.map((l) => ({ value: l, label: `${l}: ${LEVELS[l as Service['level']]}` }))}
          value={said.level ?? row.level}
          disabled={!onChange}
          allowDeselect={false}
          onChange={(level) => onChange?.({ level: level as Settings['level'] })}
        />
      )}
      <NumberInput
        label="Requests a minute from one address"
        placeholder="No bound"
        min={0}
        max={60000}
        allowDecimal={false}
        disabled={!onChange}
        value={said.perAddress ?? ''}
        onChange={(n) => onChange?.({ perAddress: Number(n) || undefined })}
      />
      {row?.signed && (
        <NumberInput
          label="Requests a minute of one device"
          placeholder="No bound"
          min={0}
          max={60000}
          allowDecimal={false}
          disabled={!onChange}
          value={said.perDevice ?? ''}
          onChange={(n) => onChange?.({ perDevice: Number(n) || undefined })}
        />
      )}
      <NumberInput
        label="Largest body, in MiB"
        placeholder="The service's own"
        min={0}
        max={1024}
        decimalScale={3}
        disabled={!onChange}
        value={said.body ? said.body / MIB : ''}
        onChange={(n) => onChange?.({ body: Math.round(Number(n) * MIB) || undefined })}
      />
      <NumberInput
        label="Longest exchange, in seconds"
        placeholder="The service's own"
        min={0}
        max={3600}
        allowDecimal={false}
        disabled={!onChange}
        value={said.seconds ?? ''}
        onChange={(n) => onChange?.({ seconds: Number(n) || undefined })}
      />
    </Group>
  );
}
