import { Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Service } from '../../api/types';
import { services, switchService } from '../../api/zone';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { withoutIt } from './words';

const SURFACES: { key: Service['surface']; title: string }[] = [
  { key: 'device', title: 'What devices call' },
  { key: 'user', title: 'What users call' },
  { key: 'admin', title: 'What administrators call' },
  { key: 'tools', title: 'What technicians call' },
  { key: 'zone', title: 'What servers call' },
];

/** Every door of the zone: who may come through it, by what proof, and whether it is open. */
export default function Services() {
  const may = useMay();
  const answer = useQuery(services);
  const [all, setAll] = useState(false);
  const [closing, setClosing] = useState<Service>();
  const turn = useAct(
    ({ name, on }: { name: string; on: boolean }) => switchService(answer.data?.etag ?? '', name, on),
    {
      done: (_, { name, on }) => `${name} is ${on ? 'on' : 'off'}, on every server of the zone.`,
      stale: ['services'],
      after: () => setClosing(undefined),
    },
  );
  const change = (service: Service, on: boolean) =>
    on ? turn.mutate({ name: service.name, on }) : setClosing(service);
  return (
    <>
      <PageHead
        title="Services"
        lead="Everything the zone offers over the network. What you do not use should be off: a closed door needs no guard."
      />
      <Loaded of={answer}>
        {({ items }) => {
          const shown = items.filter((s) => all || s.built);
          return (
            <>
              {turn.isError && !closing && <Trouble error={turn.error} />}
              {SURFACES.map(({ key, title }) => (
                <Surface
                  key={key}
                  title={title}
                  rows={shown.filter((s) => s.surface === key)}
                  onChange={may('service.edit') ? change : undefined}
                />
              ))}
              <Switch
                label={`Also show ${plural(items.filter((s) => !s.built).length, 'service')} that this version does not have yet`}
                checked={all}
                onChange={(e) => setAll(e.currentTarget.checked)}
              />
            </>
          );
        }}
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
          <Text size="sm">{withoutIt(closing)}</Text>
        </Dialog>
      )}
    </>
  );
}

interface SurfaceProps {
  title: string;
  rows: Service[];
  onChange?: (service: Service, on: boolean) => void;
}

function Surface({ title, rows, onChange }: SurfaceProps) {
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
              width: '26%',
              cell: (s) => (
                <div>
                  {s.name}
                  <Text size="xs" c="dimmed" fw={400}>
                    {s.purpose}
                  </Text>
                </div>
              ),
            },
            { key: 'callers', label: 'Who calls it', width: '16%', cell: (s) => s.callers },
            { key: 'proof', label: 'What proves who they are', cell: (s) => s.proof },
            { key: 'port', label: 'Port', width: '8%', cell: (s) => s.port },
            { key: 'dmz', label: 'On a server in a DMZ', width: '16%', cell: (s) => s.dmz },
            {
              key: 'on',
              label: 'State',
              width: '13%',
              cell: (s) => <State service={s} onChange={onChange} />,
            },
          ]}
        />
      </Panel>
    </div>
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
