import { Button, NativeSelect } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call, type Farewell, type Me } from './api';
import { Account } from './Account';
import { Data, Entries } from './Data';
import { DevicePage } from './DevicePage';
import { Devices } from './Devices';
import { EmployerPage } from './Employer';
import { Enrol } from './Enrol';
import { Following, useFollowing } from './live';
import { LANGUAGES, useLanguage, useWords, type Language } from './language';
import { Read, Title } from './parts';
import { to, usePlace } from './place';
import { signedOut, useMe } from './queries';
import { SignIn } from './SignIn';

export function App() {
  const words = useWords();
  const me = useMe();
  const following = useFollowing(Boolean(me.data));
  return (
    <Following.Provider value={following}>
      <a className="skip" href="#content" onClick={toContent}>
        {words.skip}
      </a>
      <Top me={me.data ?? undefined} />
      <main id="content" tabIndex={-1} style={{ outline: 'none' }}>
        <Read from={me}>{(who) => (who ? <Place me={who} /> : <SignIn />)}</Read>
      </main>
    </Following.Provider>
  );
}

/** The # of the address names pages, so that the way to the content is gone by hand. */
function toContent(event: React.MouseEvent) {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

function Place({ me }: { me: Me }) {
  const words = useWords();
  const [place = 'devices', id, part, kind] = usePlace();
  if (place === 'devices' && !id) return <Devices />;
  if (place === 'devices' && id && !part) return <DevicePage key={id} id={id} me={me} />;
  if (place === 'devices' && id && part === 'employer') return <EmployerPage id={id} />;
  if (place === 'devices' && id && part === 'data' && kind) return <Entries me={me} id={id} kind={kind} />;
  if (place === 'enrol') return <Enrol me={me} />;
  if (place === 'data') return <Data me={me} />;
  if (place === 'account') return <Account me={me} />;
  return (
    <>
      <Title>{words.notFound}</Title>
      <a href={to('devices')}>{words.toStart}</a>
    </>
  );
}

function Top({ me }: { me?: Me }) {
  const { words, language, choose } = useLanguage();
  const client = useQueryClient();
  const [place = 'devices'] = usePlace();
  const out = useMutation({
    mutationFn: () => call<Farewell>('DELETE', '/session'),
    onSettled: (farewell) => signedOut(client, farewell),
  });
  const places = { devices: words.devices, enrol: words.enrol, data: words.myData, account: words.account };
  return (
    <header className="top">
      <strong>{me?.zone ?? words.portal}</strong>
      <NativeSelect
        size="md"
        aria-label={words.language}
        value={language}
        onChange={(event) => choose(event.currentTarget.value as Language)}
        data={Object.entries(LANGUAGES).map(([value, list]) => ({ value, label: list.name }))}
      />
      {me && (
        <Button size="md" variant="default" loading={out.isPending} onClick={() => out.mutate()}>
          {words.signOut}
        </Button>
      )}
      {me && (
        <nav className="places" aria-label={words.menu}>
          {Object.entries(places).map(([name, label]) => (
            <a key={name} href={to(name)} aria-current={place === name ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
      )}
    </header>
  );
}
