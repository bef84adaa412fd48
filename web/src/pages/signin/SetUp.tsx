import { Anchor, Button, Center, Loader, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { session, setup, setUp, type Invitation } from '../../api/account';
import { places } from '../../ui/submit';
import { Trouble } from '../../ui/Trouble';
import { Gatehouse } from './Gatehouse';

const SHORTEST_PASSWORD = 12;

/** The token stands in the fragment, so that it reaches no server log; it leaves the address bar at once. */
function takeToken(): string {
  const token = window.location.hash.slice(1).replace(/^token=/, '');
  if (token) window.history.replaceState(null, '', window.location.pathname);
  return token;
}

let taken = '';

/** Lets in by a one-time link: the first administrator of a new zone, or one whom another has invited. */
export function SetUp() {
  const [token] = useState(() => (taken ||= takeToken()));
  const link = useQuery(setup(token));
  if (link.isPending) {
    return (
      <Center mih="100dvh">
        <Loader size="sm" aria-label="Loading" />
      </Center>
    );
  }
  if (link.isError || !link.data.valid) return <DeadLink />;
  return <NewAdministrator token={token} invitation={link.data} />;
}

function DeadLink() {
  return (
    <Gatehouse
      title="This link does not work any more"
      lead={
        <>
          It can be used once, and only while the zone has no administrator. Start the server again to get a
          new one, or run <code>drover admin create</code> on it.
        </>
      }
    >
      <Anchor component={Link} to="/">
        Go to sign-in
      </Anchor>
    </Gatehouse>
  );
}

function NewAdministrator({ token, invitation }: { token: string; invitation: Invitation }) {
  const { first } = invitation;
  const queries = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { name: invitation.name, password: '', again: '' },
    validate: {
      name: (v) => (v.trim() ? null : 'Choose a name.'),
      password: (v) =>
        v.length >= SHORTEST_PASSWORD
          ? null
          : `Use at least ${SHORTEST_PASSWORD} characters. A sentence is fine.`,
      again: (v, all) => (v === all.password ? null : 'The two passwords differ.'),
    },
  });
  const create = useMutation({
    mutationFn: setUp,
    onSuccess: (got) => {
      queries.setQueryData(session.queryKey, got);
      void navigate({ to: '/' });
    },
    onError: (error) => places(form, error),
  });
  return (
    <Gatehouse
      title={first ? 'Welcome to your zone' : `Welcome, ${invitation.name}`}
      lead={
        first
          ? 'Make its first administrator, the owner. Next you will add a second factor.'
          : 'Choose a password. Next you will add a second factor.'
      }
    >
      <form
        onSubmit={form.onSubmit(({ name, password }) =>
          create.mutate({ token, name: first ? name.trim() : undefined, password }),
        )}
        noValidate
      >
        <Stack gap="md">
          <TextInput
            label="Your name"
            autoComplete="username"
            autoFocus={first}
            readOnly={!first}
            {...form.getInputProps('name')}
          />
          <PasswordInput
            label="Password"
            description={`At least ${SHORTEST_PASSWORD} characters.`}
            autoComplete="new-password"
            visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
            {...form.getInputProps('password')}
          />
          <PasswordInput
            label="Password again"
            autoComplete="new-password"
            visibilityToggleButtonProps={{ 'aria-label': 'Show password again' }}
            {...form.getInputProps('again')}
          />
          {create.isError && <Trouble error={create.error} />}
          <Button type="submit" fullWidth loading={create.isPending}>
            {first ? 'Create the owner' : 'Continue'}
          </Button>
        </Stack>
      </form>
    </Gatehouse>
  );
}
