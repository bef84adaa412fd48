import { Button } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { download, get, type Device, type Entry, type Look, type Me, type Stock } from './api';
import { numbered } from '../src/ui/numbered';
import { useWhen, useWords, word } from './language';
import { Card, Read, Title, Trouble } from './parts';
import { to } from './place';
import { numberOf, positionOf } from './position';
import { Proven } from './Proven';
import type { Words } from './words/en';

const Positions = lazy(() => import('./Positions'));

interface Page<T> {
  items: T[];
  next: string;
}

/** A list that is read page by page. */
function usePages<T>(key: string[], path: string) {
  const query = useInfiniteQuery({
    queryKey: key,
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      get<Page<T>>(path + (pageParam ? `?cursor=${encodeURIComponent(pageParam)}` : '')),
    getNextPageParam: (last) => last.next || undefined,
  });
  return { ...query, items: query.data?.pages.flatMap((page) => page.items) };
}

export function Data({ me }: { me: Me }) {
  const words = useWords();
  const devices = useQuery({ queryKey: ['devices'], queryFn: () => get<{ items: Device[] }>('/devices') });
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Title>{words.myData}</Title>
      <p className="dim">{words.dataLead}</p>
      <Card title={words.takeAlong}>
        <p>{words.takeAlongLead}</p>
        <Button size="lg" onClick={() => setAsked(true)}>
          {words.download}
        </Button>
        {asked && (
          <Proven
            me={me}
            title={words.takeAlong}
            act={words.download}
            proof
            onAct={download}
            onClose={() => setAsked(false)}
          />
        )}
      </Card>
      <Looks />
      <Read from={devices}>
        {({ items }) => {
          const called = numbered(items, (device) => device.name);
          return items.map((device) => <StocksOf key={device.id} id={device.id} title={called(device)} />);
        }}
      </Read>
    </>
  );
}

function Looks() {
  const words = useWords();
  const when = useWhen();
  const looks = usePages<Look>(['looks'], '/looks');
  return (
    <Card title={words.looks}>
      <p className="dim">{words.looksLead}</p>
      <Trouble error={looks.error} />
      {looks.items?.length === 0 && <p>{words.noLooks}</p>}
      <ul className="plain">
        {looks.items?.map((look) => (
          <li key={look.id}>
            <p>
              <strong>{look.by || words.somebody}</strong>:{' '}
              {word<string>(words.lookKinds, look.kind) ?? look.kind}
              {look.device && `, ${look.device}`}
            </p>
            <p>{look.reason}</p>
            <p className="dim">
              {when(look.at)}, {words.entries(look.entries)}
            </p>
          </li>
        ))}
      </ul>
      {looks.hasNextPage && (
        <Button size="md" variant="default" onClick={() => void looks.fetchNextPage()}>
          {words.more}
        </Button>
      )}
    </Card>
  );
}

/** How much is kept of what a device has told, kind by kind. */
export function StocksOf({ id, title }: { id: string; title: string }) {
  const words = useWords();
  const stocks = useQuery({
    queryKey: ['devices', id, 'data'],
    queryFn: () => get<{ items: Stock[] }>(`/devices/${id}/data`),
  });
  return (
    <Card title={title}>
      <Read from={stocks}>
        {({ items }) =>
          items.length === 0 ? (
            <p>{words.nothingKept}</p>
          ) : (
            <ul className="plain">
              {items.map((stock) => {
                const kind = word<string>(words.kinds, stock.kind) ?? stock.kind;
                return (
                  <li key={stock.kind} className="row">
                    <span>
                      {kind}: {words.entries(stock.entries)}
                    </span>
                    <a href={to('devices', id, 'data', stock.kind)} aria-label={`${words.show}: ${kind}`}>
                      {words.show}
                    </a>
                  </li>
                );
              })}
            </ul>
          )
        }
      </Read>
    </Card>
  );
}

interface EntriesProps {
  me: Me;
  id: string;
  kind: string;
}

export function Entries({ me, id, kind }: EntriesProps) {
  const words = useWords();
  const when = useWhen();
  const entries = usePages<Entry>(['devices', id, 'data', kind], `/devices/${id}/data/${kind}`);
  return (
    <>
      <a href={to('devices', id)}>{words.back}</a>
      <Title>{word<string>(words.kinds, kind) ?? kind}</Title>
      <Trouble error={entries.error} />
      {entries.items?.length === 0 && <p>{words.nothingKept}</p>}
      {kind === 'location' && !!entries.items?.length && (
        <Suspense fallback={null}>
          <Positions entries={entries.items} tiles={me.map} />
        </Suspense>
      )}
      <ul className="plain card">
        {entries.items?.map((entry) => (
          <li key={entry.id}>
            <p className="dim">{when(entry.at)}</p>
            <Body words={words} kind={kind} body={entry.body as Record<string, unknown>} />
          </li>
        ))}
      </ul>
      {entries.hasNextPage && (
        <Button size="md" variant="default" onClick={() => void entries.fetchNextPage()}>
          {words.more}
        </Button>
      )}
    </>
  );
}

const DIGITS = 5;

function Body({ words, kind, body }: { words: Words; kind: string; body: Record<string, unknown> }) {
  const text = (key: string) => (typeof body[key] === 'string' ? body[key] : '');
  const way = word<string>(words.directions, text('direction')) ?? '';
  switch (kind) {
    case 'location': {
      const { latitude, longitude, accuracy } = positionOf(body);
      return (
        <p>{words.position(latitude.toFixed(DIGITS), longitude.toFixed(DIGITS), Math.round(accuracy))}</p>
      );
    }
    case 'phone-log':
      return (
        <p>
          {way} {text('number')}, {words.seconds(numberOf(body, 'seconds'))}
        </p>
      );
    case 'text-log':
      return (
        <>
          <p>
            {way} {text('number')}
          </p>
          {text('text') && <p>{text('text')}</p>}
        </>
      );
    case 'file':
      return <p>{text('path')}</p>;
    case 'sign-in':
    case 'elevation':
    case 'usb':
      return <p>{text('user') ? `${text('user')}: ${text('words')}` : text('words')}</p>;
  }
  return <pre>{text('text')}</pre>;
}
