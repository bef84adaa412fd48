import { Alert, Button, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call, get, type DeviceDetail, type Finding, type Me, type Unenrolled } from './api';
import { Acts, Orders } from './Acts';
import { StocksOf } from './Data';
import { Standing } from './Devices';
import { Said, useWhen, useWords, word } from './language';
import { useEvery } from './live';
import { Card, Facts, Read, Title, Trouble } from './parts';
import { to } from './place';
import { Proven } from './Proven';

export function DevicePage({ id, me }: { id: string; me: Me }) {
  const words = useWords();
  const every = useEvery(15_000);
  const device = useQuery({
    queryKey: ['devices', id],
    queryFn: () => get<DeviceDetail>(`/devices/${id}`),
    refetchInterval: every,
  });
  return (
    <>
      <a href={to('devices')}>{words.back}</a>
      <Read from={device}>{(known) => <Whole device={known} me={me} />}</Read>
    </>
  );
}

function Whole({ device, me }: { device: DeviceDetail; me: Me }) {
  const words = useWords();
  const when = useWhen();
  const [said, setSaid] = useState('');
  const inUse = device.state === 'active' || device.state === 'pending';
  return (
    <>
      <Title>{device.name}</Title>
      <Standing device={device} />
      {said && (
        <Alert
          role="status"
          variant="light"
          withCloseButton
          closeButtonLabel={words.close}
          onClose={() => setSaid('')}
        >
          {said}
        </Alert>
      )}
      {device.findings.length > 0 && <ToFix findings={device.findings} />}
      {inUse && <Acts device={device} me={me} onSaid={setSaid} />}
      <Orders id={device.id} />
      <section className="card" aria-label={words.state}>
        <Facts
          list={[
            [words.state, word<string>(words.states, device.state)],
            [words.mail, inUse && word<string>(words.access, device.access)],
            [words.lastContact, when(device.lastContact)],
            [words.enrolled, when(device.enrolled)],
            [words.platform, <Said text={device.platform} />],
            [words.model, device.model],
            [words.system, device.os],
            [words.owner, device.liability === 'personal' ? words.personal : words.corporate],
          ]}
        />
        <a href={to('devices', device.id, 'employer')}>{words.employer}</a>
      </section>
      <StocksOf id={device.id} title={words.ofDevice} />
      {me.abilities.includes('rename') && inUse && <Rename device={device} onSaid={setSaid} />}
      {me.abilities.includes('unenrol') && inUse && <Unenrol device={device} me={me} onSaid={setSaid} />}
    </>
  );
}

function ToFix({ findings }: { findings: Finding[] }) {
  const words = useWords();
  const when = useWhen();
  return (
    <Card title={words.toFix}>
      <ul className="plain">
        {findings.map((finding) => (
          <li key={finding.rule}>
            <p>{word<string>(words.conditions, finding.condition) ?? <Said text={finding.mend} />}</p>
            <p className="dim">
              <Said text={finding.because} />
            </p>
            {finding.due && <p>{words.due(when(finding.due))}</p>}
            {finding.wipe && <p className="bad">{words.wipeDue(when(finding.wipe))}</p>}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Rename({ device, onSaid }: { device: DeviceDetail; onSaid: (text: string) => void }) {
  const words = useWords();
  const client = useQueryClient();
  const [name, setName] = useState(device.name);
  const rename = useMutation({
    mutationFn: () => call<DeviceDetail>('PATCH', `/devices/${device.id}`, { name, version: device.version }),
    onSuccess: (known) => {
      client.setQueryData(['devices', device.id], known);
      onSaid(words.renamed);
    },
    onError: () => void client.invalidateQueries({ queryKey: ['devices'] }),
  });
  return (
    <Card title={words.rename}>
      <form
        style={{ display: 'flex', flexDirection: 'column', gap: 12 }}
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate();
        }}
      >
        <TextInput
          size="lg"
          label={words.newName}
          value={name}
          maxLength={128}
          required
          withAsterisk={false}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Trouble error={rename.error} />
        <Button type="submit" size="lg" variant="default" loading={rename.isPending}>
          {words.save}
        </Button>
      </form>
    </Card>
  );
}

function Unenrol({ device, me, onSaid }: { device: DeviceDetail; me: Me; onSaid: (text: string) => void }) {
  const words = useWords();
  const client = useQueryClient();
  const [asked, setAsked] = useState(false);
  const act = async () => {
    const done = await call<Unenrolled>('POST', `/devices/${device.id}/unenrol`);
    await client.invalidateQueries({ queryKey: ['devices'] });
    onSaid(done.retired ? words.unenrolled : words.unenrolling);
  };
  return (
    <Card title={words.unenrol}>
      <p>{words.unenrolLead}</p>
      <Button size="lg" variant="default" onClick={() => setAsked(true)}>
        {words.unenrol}
      </Button>
      {asked && (
        <Proven
          me={me}
          title={words.unenrol}
          act={words.unenrol}
          danger
          proof
          onAct={act}
          onClose={() => setAsked(false)}
        >
          <p>{words.unenrolLead}</p>
        </Proven>
      )}
    </Card>
  );
}
