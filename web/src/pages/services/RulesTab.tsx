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
  const said = draft ?? saved;
  if (!said) return null;
  const edit = may('service.edit');
  const place = placeOf(said, server);
  const set = (next: DoorPlace) => setDraft(withPlace(said, server, next));
  const inherited = server
    ? 'Nothing is said of this server alone: what holds on all servers holds here.'
    : 'Everybody is let in.';
  const single = place.services.filter((s) => s.filter ?? s.level ?? s.perAddress);
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
            row={rows.find((r) => r.name === s.service)}
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
          data={rows.filter((r) => r.built && !single.some((s) => s.service === r.name)).map((r) => r.name)}
          value={null}
          onChange={(name) =>
            name && set(withService(place, name, { filter: { rules: [], otherwise: 'allow' } }))
          }
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
      {draft && <SaveDoors now={now} draft={draft} onUndo={() => setDraft(undefined)} />}
    </Stack>
  );
}

type Settings = DoorPlace['services'][number];

interface BoundsProps {
  row?: Service;
  said: Settings;
  onChange?: (change: Partial<Settings>) => void;
}

/** How much proof a service asks for, and how often it may be called. */
function Bounds({ row, said, onChange }: BoundsProps) {
  return (
    <Group align="flex-end">
      {row && row.levels.length > 1 && (
        <Select
          label="Proof of identity"
          data={row.levels.map((l) => ({ value: l, label: LEVELS[l as Service['level']] }))}
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
    </Group>
  );
}
