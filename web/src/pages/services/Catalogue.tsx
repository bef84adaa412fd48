import { Button, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { doorTotals } from '../../api/doors';
import type { DoorTotal, Service } from '../../api/types';
import { services, switchService } from '../../api/zone';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { count, plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { OPEN, TOLD } from './advertise';
import { LEVELS, withoutIt } from './words';

const SURFACES: { key: Service['surface']; title: string }[] = [
  { key: 'device', title: 'What devices call' },
  { key: 'user', title: 'What users call' },
  { key: 'admin', title: 'What administrators call' },
  { key: 'tools', title: 'What technicians call' },
  { key: 'zone', title: 'What servers call' },
];

interface CatalogueProps {
  server: string;
  onVisits: (service: string) => void;
}

/** What the zone can offer, whether it is on, and what has come. */
export function Catalogue({ server, onVisits }: CatalogueProps) {
  const may = useMay();
  const answer = useQuery(services(server));
  const totals = useQuery(doorTotals(server));
  const [all, setAll] = useState(false);
  const [closing, setClosing] = useState<Service>();
  const where = server ? 'on this server' : 'on every server of the zone';
  const turn = useAct(
    ({ name, on }: { name: string; on: boolean }) => switchService(answer.data?.etag ?? '', server, name, on),
    {
      done: (_, { name, on }) => `${name} is ${on ? 'on' : 'off'}, ${where}.`,
      stale: ['services', 'doors'],
      after: () => setClosing(undefined),
    },
  );
  const change = (service: Service, on: boolean) =>
    on ? turn.mutate({ name: service.name, on }) : setClosing(service);
  return (
    <>
      <Loaded of={answer}>
        {({ items }) => (
          <>
            {turn.isError && !closing && <Trouble error={turn.error} />}
            {SURFACES.map(({ key, title }) => (
              <Surface
                key={key}
                title={title}
                rows={items.filter((s) => s.surface === key && (all || s.built))}
                totals={totals.data ?? []}
                onVisits={onVisits}
                onChange={may('service.edit') ? change : undefined}
              />
            ))}
            <Switch
              label={`Also show ${plural(items.filter((s) => !s.built).length, 'service')} that this version does not have yet`}
              checked={all}
              onChange={(e) => setAll(e.currentTarget.checked)}
            />
          </>
        )}
      </Loaded>
      {closing && (
        <Dialog
          opened
          danger
          title={`Switch ${closing.name} off?`}
          submit="Switch it off"
          onClose={() => {
            turn.reset();
            setClosing(undefined);
          }}
          onSubmit={() => turn.mutate({ name: closing.name, on: false })}
          busy={turn.isPending}
          error={turn.error}
        >
          <Text size="sm">{withoutIt(closing, where)}</Text>
        </Dialog>
      )}
    </>
  );
}

interface SurfaceProps {
  title: string;
  rows: Service[];
  totals: DoorTotal[];
  onVisits: (service: string) => void;
  onChange?: (service: Service, on: boolean) => void;
}

function Surface({ title, rows, totals, onVisits, onChange }: SurfaceProps) {
  if (rows.length === 0) return null;
  return (
    <div style={{ marginBottom: 'var(--mantine-spacing-lg)' }}>
      <Panel title={title} flush>
        <Table
          label={title}
          rows={rows}
          id={(s) => s.name}
          columns={[
            {
              key: 'name',
              label: 'Service',
              width: '22%',
              cell: (s) => (
                <div>
                  {s.name}
                  <Text size="xs" c="dimmed" fw={400}>
                    {s.purpose}
                  </Text>
                </div>
              ),
            },
            {
              key: 'callers',
              label: 'Who calls it, and what proves it',
              prose: true,
              cell: (s) => (
                <div>
                  {s.callers}
                  <Text size="xs" c="dimmed">
                    {s.proof}; {LEVELS[s.level]}
                  </Text>
                </div>
              ),
            },
            {
              key: 'open',
              label: 'Open to, told to',
              width: '16%',
              cell: (s) => <Reached service={s} />,
            },
            {
              key: 'dmz',
              label: 'Port; in a DMZ',
              width: '13%',
              cell: (s) => (
                <div>
                  {s.port}
                  <Text size="xs" c="dimmed">
                    {s.dmz}
                  </Text>
                </div>
              ),
            },
            {
              key: 'came',
              label: 'In 30 days',
              width: '14%',
              cell: (s) => (
                <Came total={totals.find((x) => x.service === s.name)} onOpen={() => onVisits(s.name)} />
              ),
            },
            {
              key: 'on',
              label: 'State',
              width: '12%',
              cell: (s) => <State service={s} onChange={onChange} />,
            },
          ]}
        />
      </Panel>
    </div>
  );
}

/** Whom the rules let in, and which computers are told of it: to be blocked and to be hidden are two things. */
function Reached({ service: s }: { service: Service }) {
  if (!s.built)
    return (
      <Text size="sm" c="dimmed" component="span">
        Nobody
      </Text>
    );
  return (
    <div>
      {OPEN[s.reach]}
      {s.told && (
        <Text size="xs" c="dimmed">
          Told to: {TOLD[s.told].toLowerCase()}
        </Text>
      )}
      {s.apart && (
        <Text size="xs" c="dimmed">
          Otherwise on {s.apart.join(', ')}
        </Text>
      )}
    </div>
  );
}

/** How often a service was called, as a way to see by whom. */
function Came({ total, onOpen }: { total?: DoorTotal; onOpen: () => void }) {
  if (!total || total.served + total.refused === 0) {
    return (
      <Text size="sm" c="dimmed" component="span">
        Nobody came
      </Text>
    );
  }
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      px={0}
      onClick={onOpen}
      aria-label={`Who has called ${total.service}: ${count(total.served)} served, ${count(total.refused)} refused`}
    >
      {count(total.served)} served, {count(total.refused)} refused
    </Button>
  );
}

function State({ service: s, onChange }: { service: Service; onChange: SurfaceProps['onChange'] }) {
  if (!s.built) return <ToneMark tone="off">Not in this version</ToneMark>;
  if (s.required) return <ToneMark tone="ok">Always on</ToneMark>;
  if (!onChange) return <ToneMark tone={s.on ? 'ok' : 'off'}>{s.on ? 'On' : 'Off'}</ToneMark>;
  return (
    <Switch
      label={s.on ? 'On' : 'Off'}
      aria-label={`${s.name}: ${s.on ? 'On' : 'Off'}`}
      checked={s.on}
      onChange={(e) => onChange(s, e.currentTarget.checked)}
    />
  );
}
