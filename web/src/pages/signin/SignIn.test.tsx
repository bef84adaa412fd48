import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import { session } from '../../api/account';
import type { Session } from '../../api/types';
import { serve, show } from '../../test/show';
import { SecondFactor } from './SecondFactor';
import { SignIn } from './SignIn';

afterEach(() => vi.unstubAllGlobals());

test('nothing is sent before both fields are filled', async () => {
  const asked = serve({});
  show(<SignIn />);
  await userEvent.click(screen.getByRole('button', { name: 'Continue' }));
  expect(screen.getByText('Enter your administrator name.')).toBeTruthy();
  expect(screen.getByText('Enter your password.')).toBeTruthy();
  expect(asked.filter((a) => a.method !== 'GET')).toEqual([]);
});

test('a refusal is shown and the password is asked for again', async () => {
  serve({ 'POST /session': { status: 401, body: { detail: 'The name or the password is wrong.' } } });
  show(<SignIn />);
  await userEvent.type(screen.getByLabelText('Name'), 'mira');
  await userEvent.type(screen.getByLabelText('Password'), 'not this one');
  await userEvent.click(screen.getByRole('button', { name: 'Continue' }));
  expect((await screen.findByRole('alert')).textContent).toContain('The name or the password is wrong.');
  expect((screen.getByLabelText('Password') as HTMLInputElement).value).toBe('');
});

test('a provider is offered, and what it could not do is said', async () => {
  serve({ 'GET /session/providers': { body: { providers: [{ id: 'p1', name: 'House login' }] } } });
  window.history.replaceState(null, '', '/?problem=oidc.role');
  show(<SignIn />);
  expect(await screen.findByRole('button', { name: 'Sign in with House login' })).toBeTruthy();
  expect(screen.getByRole('alert').textContent).toContain('in no group');
  window.history.replaceState(null, '', '/');
});

test('a code signs in, and only digits are taken', async () => {
  const asked = serve({ 'POST /session/totp': { body: { state: 'ready' } } });
  const queries = show(<SecondFactor methods={['totp']} />);
  queries.setQueryData(session.queryKey, { state: 'second-factor' } as Session);
  await userEvent.type(screen.getByLabelText('One-time code'), '12 34-5x6789');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  await waitFor(() => expect(queries.getQueryState(session.queryKey)?.isInvalidated).toBe(true));
  expect(asked.find((a) => a.path === '/session/totp')?.body).toEqual({ code: '123456' });
});

test('who signs out stays signed out, whatever was asked before', async () => {
  let answer: (response: Response) => void = () => undefined;
  vi.stubGlobal('fetch', (_: string, init: RequestInit) =>
    init.method === 'DELETE'
      ? Promise.resolve(new Response(null, { status: 204 }))
      : new Promise<Response>((resolve) => (answer = resolve)),
  );
  const queries = show(<SecondFactor methods={['totp']} />);
  queries.setQueryData(session.queryKey, { state: 'second-factor' } as Session);
  const asked = queries.fetchQuery({ ...session, staleTime: 0 }).catch(() => undefined);
  await userEvent.click(screen.getByRole('button', { name: 'Start again' }));
  await waitFor(() => expect(queries.getQueryData(session.queryKey)).toBeNull());
  answer(new Response('{"state":"second-factor"}', { status: 200 }));
  await asked;
  await new Promise((done) => setTimeout(done, 0)); // until the late answer is read
  expect(queries.getQueryData(session.queryKey)).toBeNull();
});
