/** The keys by which computers with our own agent register. */

import { queryOptions } from '@tanstack/react-query';
import { call } from './client';
import { list, whole } from './list';
import type {
  AgentResult,
  ComputerKey,
  ComputerKeyDraft,
  DeviceAgent,
  DeviceKey,
  NewComputerKey,
  RemovalCode,
} from './types';

/** The keys by which a computer can still come in. */
export const openComputerKeys = queryOptions({
  queryKey: ['computer-keys'],
  queryFn: ({ signal }) => whole<ComputerKey>('/computers/keys', { open: true }, signal),
});

export const addComputerKey = (body: ComputerKeyDraft) =>
  call<NewComputerKey>('POST', '/computers/keys', { body });

export const endComputerKey = (id: string) => call<void>('DELETE', `/computers/keys/${id}`);

/** How a computer with our own agent stands, as it told last. */
export const deviceAgent = (id: string) =>
  queryOptions({
    queryKey: ['devices', id, 'agent'],
    queryFn: ({ signal }) => call<DeviceAgent>('GET', `/devices/${id}/agent`, { signal }),
  });

/** The keys by which a computer has proven itself, the newest first. */
export const deviceKeys = (id: string) =>
  queryOptions({
    queryKey: ['devices', id, 'keys'],
    queryFn: ({ signal }) => whole<DeviceKey>(`/devices/${id}/keys`, {}, signal),
  });

/** What became of the orders and scripts of a computer. */
export const deviceResults = (id: string) => list<AgentResult>(`/devices/${id}/results`);

/** Each call shows another code, and is recorded. */
export const showRemovalCode = (id: string) => call<RemovalCode>('POST', `/devices/${id}/removal-code`);
