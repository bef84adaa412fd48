import { useQuery } from '@tanstack/react-query';
import { numbered } from '../src/ui/numbered';
import { get, type Device } from './api';
import { Said, useWhen, useWords, word } from './language';
import { useEvery } from './live';
import { Read, Title } from './parts';
import { to } from './place';

export function Devices() {
  const words = useWords();
  const every = useEvery(15_000);
  const list = useQuery({
    queryKey: ['devices'],
    queryFn: () => get<{ items: Device[] }>('/devices'),
    refetchInterval: every,
  });
  return (
    <>
      <Title>{words.devices}</Title>
      <Read from={list}>
        {({ items }) => {
          const called = numbered(items, (device) => device.name);
          return items.length === 0 ? (
            <>
              <p>{words.noDevices}</p>
              <a href={to('enrol')}>{words.enrol}</a>
            </>
          ) : (
            <ul className="plain">
              {items.map((device) => (
                <Line key={device.id} device={device} name={called(device)} />
              ))}
            </ul>
          );
        }}
      </Read>
    </>
  );
}

function Line({ device, name }: { device: Device; name: string }) {
  const words = useWords();
  const when = useWhen();
  return (
    <li style={{ border: 'none', paddingTop: 0 }}>
      <a className="card" href={to('devices', device.id)}>
        <span className="row">
          <strong>{name}</strong>
          <span>{word<string>(words.states, device.state)}</span>
        </span>
        <span className="dim">
          <Said text={device.platform} />
        </span>
        <Standing device={device} />
        <span className="dim">
          {words.lastContact}: {when(device.lastContact)}
        </span>
      </a>
    </li>
  );
}

/** How a device stands, in one line. */
export function Standing({ device }: { device: Device }) {
  const words = useWords();
  if (device.state !== 'active' && device.state !== 'pending') return null;
  return device.findings.length > 0 ? (
    <span className="bad">{words.toFixCount(device.findings.length)}</span>
  ) : (
    <span className="good">{words.allWell}</span>
  );
}
