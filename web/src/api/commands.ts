import { queryOptions } from '@tanstack/react-query';
import { call, type Query } from './client';
import { list, whole } from './list';
import type { Approval, Batch, BatchProgress, Command, Effect, Page, Proof } from './types';
import { askPasskey } from './webauthn';

export const commands = (query: Query) => list<Command>('/commands', query);

export const command = (id: string) =>
  queryOptions({
    queryKey: ['commands', id],
    queryFn: ({ signal }) => call<Command>('GET', `/commands/${id}`, { signal }),
  });

export const sendCommand = (device: string, key: string, body: { kind: string; reason: string }) =>
  call<Command>('POST', `/devices/${device}/commands`, { body, key });

/** Either every device gets its command or none; of thousands, who cannot any more is left out and named. */
export const sendToMany = (key: string, body: { kind: string; reason: string; devices: string[] }) =>
  call<Batch>('POST', '/commands', { body, key });

const DAY_MS = 86_400_000;

/** Orders to many devices that are still being written, and those of the last day that left devices out. */
export const batches = queryOptions({
  queryKey: ['commands', 'batches'],
  queryFn: async ({ signal }) => {
    const { items } = await call<Page<BatchProgress>>('GET', '/command-batches', {
      query: { limit: 20 },
      signal,
    });
    return items.filter((b) => !b.complete || (b.left > 0 && Date.now() - Date.parse(b.updated) < DAY_MS));
  },
});

/** What an order would do, device by device. */
export const effects = (kind: string, devices: string[]) =>
  queryOptions({
    queryKey: ['effects', kind, devices],
    queryFn: async ({ signal }) =>
      (await call<Page<Effect>>('POST', '/commands/preview', { body: { kind, devices }, signal })).items,
    staleTime: 0,
  });

export const cancelCommand = (id: string) => call<Command>('POST', `/commands/${id}/cancel`);

export const approvals = queryOptions({
  queryKey: ['approvals'],
  queryFn: ({ signal }) => whole<Approval>('/approvals', { state: 'awaiting' }, signal),
});

/** What a request about several devices would do to each. */
export const targets = (approval: string) =>
  queryOptions({
    queryKey: ['approvals', approval, 'commands'],
    queryFn: ({ signal }) => whole<Command>('/commands', { approval }, signal),
  });

export type Decision = 'approve' | 'reject';

export const decide = (id: string, decision: Decision, proof: Proof) =>
  call<Approval>('POST', `/approvals/${id}/${decision}`, { body: proof });

/** Takes one's own request back; that needs no proof. */
export const withdraw = (id: string) => call<Approval>('POST', `/approvals/${id}/cancel`);

export async function decideByPasskey(id: string, decision: Decision): Promise<Approval> {
  const { publicKey } = await call<{ publicKey: PublicKeyCredentialRequestOptionsJSON }>(
    'POST',
    `/approvals/${id}/begin`,
  );
  return decide(id, decision, { credential: await askPasskey(publicKey) });
}
