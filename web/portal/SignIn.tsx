import { Alert, Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../src/api/client';
import { call, get, type Me, type Ways } from './api';
import { useWords } from './language';
import { Read, Title, Trouble } from './parts';
import { leave } from './place';
import { entered, useFarewell } from './queries';

/** What a provider's answer has come to, as the server writes it into the address. */
export const returned = new URLSearchParams(location.search);

export function SignIn() {
  const ways = useQuery({ queryKey: ['ways'], queryFn: () => get<Ways>('/session/ways') });
  return <Read from={ways}>{(known) => <Form ways={known} />}</Read>;
}

function Form({ ways }: { ways: Ways }) {
  const words = useWords();
  const client = useQueryClient();
  const farewell = useFarewell();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const enter = useMutation({
    mutationFn: () => call<Me>('POST', '/session', { name, password }),
    onSuccess: (me) => entered(client, me),
    onSettled: () => setPassword(''),
  });
  const away = useMutation({
    mutationFn: (id: string) => call<{ url: string }>('POST', `/session/providers/${id}`),
    onSuccess: ({ url }) => leave(url),
  });
  const code = returned.get('problem');
  return (
    <>
      <Title>{words.signInTitle(ways.zone)}</Title>
      <p className="dim">{words.signInLead}</p>
      {farewell && (
        <Alert color="yellow" variant="light" role="status">
          <p>{words.stillIn(farewell.provider)}</p>
          <Button component="a" href={farewell.url} size="md" variant="default">
            {words.signOutAt(farewell.provider)}
          </Button>
        </Alert>
      )}
      {code && <Trouble error={new ApiError(403, { code, detail: code })} />}
      <form
        className="card"
        onSubmit={(event) => {
          event.preventDefault();
          enter.mutate();
        }}
      >
        <TextInput
          size="lg"
          label={words.userNameOrMail}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          size="lg"
          label={words.password}
          autoComplete="current-password"
          required
          withAsterisk={false}
          visibilityToggleButtonProps={{ 'aria-hidden': true }}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Trouble error={enter.error} />
        <Button type="submit" size="lg" loading={enter.isPending}>
          {words.signIn}
        </Button>
      </form>
      {ways.providers.map((way) => (
        <Button
          key={way.id}
          size="lg"
          variant="default"
          loading={away.isPending}
          onClick={() => away.mutate(way.id)}
        >
          {words.signInBy(way.name)}
        </Button>
      ))}
      <Trouble error={away.error} />
      <Alert color="gray" variant="light">
        {words.borrowed}
      </Alert>
    </>
  );
}
