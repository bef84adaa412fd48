/** Signing in, the signed-in administrator, and what they own: factors, sessions and tokens. */

import { queryOptions } from '@tanstack/react-query';
import { ApiError, call } from './client';
import { whole } from './list';
import type { AdminSession, Factor, FactorMethod, Page, Proof, Session, Token } from './types';
import { askPasskey, makePasskey } from './webauthn';

type PasskeyChallenge = { publicKey: PublicKeyCredentialRequestOptionsJSON };
type PasskeyInvitation = { publicKey: PublicKeyCredentialCreationOptionsJSON };

export interface TotpOffer {
  secret: string;
  uri: string;
}

/** Null when nobody is signed in. */
export const session = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await call<Session>('GET', '/session', { signal });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

export const signIn = (body: { name: string; password: string }) =>
  call<Session>('POST', '/session', { body });
export const signOut = () => call<void>('DELETE', '/session');
export const sendCode = (code: string) => call<Session>('POST', '/session/totp', { body: { code } });

export async function signInByPasskey(): Promise<Session> {
  const { publicKey } = await call<PasskeyChallenge>('POST', '/session/passkey/begin');
  const credential = await askPasskey(publicKey);
  return call<Session>('POST', '/session/passkey/finish', { body: { credential } });
}

/** What a one-time link is for: the zone's first administrator, or one who was invited by name. */
export interface Invitation {
  valid: boolean;
  first: boolean;
  name: string;
}

export const setup = (token: string) =>
  queryOptions({
    queryKey: ['setup', token],
    queryFn: ({ signal }) => call<Invitation>('GET', '/setup', { query: { token }, signal }),
    retry: false,
  });

export const setUp = (body: { token: string; name?: string; password: string }) =>
  call<Session>('POST', '/setup', { body });

export const factors = queryOptions({
  queryKey: ['account', 'factors'],
  queryFn: async ({ signal }) => (await call<Page<Factor>>('GET', '/account/factors', { signal })).items,
});

export const offerTotp = () => call<TotpOffer>('POST', '/account/factors/totp');
export const confirmTotp = (body: { secret: string; code: string; proof?: Proof }) =>
  call<void>('POST', '/account/factors/totp/confirm', { body });

export async function addPasskey(label: string, proof?: Proof): Promise<void> {
  const { publicKey } = await call<PasskeyInvitation>('POST', '/account/factors/passkey/begin');
  const credential = await makePasskey(publicKey);
  await call<void>('POST', '/account/factors/passkey/finish', { body: { label, credential, proof } });
}

/** Asks for a passkey's answer before one's own account is changed. */
async function proveByPasskey(): Promise<Proof> {
  const { publicKey } = await call<PasskeyChallenge>('POST', '/account/proof/begin');
  return { credential: await askPasskey(publicKey) };
}

/** The proof that a change of one's own account asks for: the code that was typed, or else the passkey. */
export async function ownProof(methods: FactorMethod[], code: string): Promise<Proof> {
  if (methods.length === 0) return {};
  return code ? { code } : proveByPasskey();
}

export const removeFactor = (id: string, proof: Proof) =>
  call<void>('DELETE', `/account/factors/${id}`, { body: proof });
export const changePassword = (body: { current: string; next: string } & Proof) =>
  call<void>('POST', '/account/password', { body });

/** Where an administrator is signed in; "" means oneself. */
export const sessions = (admin: string) =>
  queryOptions({
    queryKey: ['sessions', admin],
    queryFn: ({ signal }) => whole<AdminSession>('/sessions', { admin }, signal),
  });

export const endSession = (id: string) => call<void>('DELETE', `/sessions/${id}`);

export const tokens = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => whole<Token>('/tokens', {}, signal),
});

export const makeToken = (body: { name: string; rights: string[]; days: number } & Proof) =>
  call<Token & { secret: string }>('POST', '/tokens', { body });

export const revokeToken = (id: string) => call<void>('DELETE', `/tokens/${id}`);
