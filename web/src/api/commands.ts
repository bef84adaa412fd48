import { queryOptions } from '@tanstack/react-query';
import { call, type Query } from './client';
import { list, whole } from './list';
import type { Approval, Command } from './types';
import { askPasskey } from './webauthn';

export interface BulkResult {
  items: { device: string; command: string; problem: string }[];
}

export const commands = (query: Query) => list<Command>('/commands', query);

export const command = (id: string) =>
  queryOptions({
    queryKey: ['commands', id],
    queryFn: ({ signal }) => call<Command>('GET', `/commands/${id}`, { signal }),
  });

export const sendCommand = (device: string, body: { kind: string; reason: string }) =>
  call<Command>('POST', `/devices/${device}/commands`, { body });

export const sendToMany = (body: { kind: string; reason: string; devices: string[] }) =>
  call<BulkResult>('POST', '/commands', { body });

export const cancelCommand = (id: string, reason: string) =>
  call<void>('POST', `/commands/${id}/cancel`, { body: { reason } });

export const approvals = queryOptions({
  queryKey: ['approvals'],
  queryFn: ({ signal }) => whole<Approval>('/approvals', {}, signal),
});

export const approveByCode = (id: string, code: string) =>
  call<void>('POST', `/approvals/${id}/approve`, { body: { code } });

export async function approveByPasskey(id: string): Promise<void> {
  const { publicKey } = await call<{ publicKey: PublicKeyCredentialRequestOptionsJSON }>(
    'POST',
    `/approvals/${id}/begin`,
  );
  const credential = await askPasskey(publicKey);
  await call<void>('POST', `/approvals/${id}/approve`, { body: { credential } });
}

export const reject = (id: string, reason: string) =>
  call<void>('POST', `/approvals/${id}/reject`, { body: { reason } });
