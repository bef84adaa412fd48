/** What servers and devices did, and how the layers of security stand. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged, type Query } from './client';
import { list } from './list';
import type { LogLine, SecurityLayers, SyncKeeping, SyncRecord } from './types';

export const serverLog = (query: Query) => list<LogLine>('/log/server', query);
export const syncLog = (query: Query) => list<SyncRecord>('/log/sync', query);

export const syncKeeping = queryOptions({
  queryKey: ['log', 'keeping'],
  queryFn: ({ signal }) => callTagged<SyncKeeping>('/log/sync/keeping', signal),
});

export const setSyncKeeping = (etag: string, days: number) =>
  call<SyncKeeping>('PUT', '/log/sync/keeping', { body: { days }, etag });

/** The address of an export with the filters of the page. */
export function exportOf(path: string, query: Query): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) words.set(name, String(value));
  return `/api/v1${path}.jsonl?${words.toString()}`;
}

export const securityLayers = queryOptions({
  queryKey: ['security', 'layers'],
  queryFn: ({ signal }) => call<SecurityLayers>('GET', '/security/layers', { signal }),
});
