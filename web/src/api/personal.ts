/** Personal data: what is kept and for how long, looks at it, and legal holds. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged, fetchFile } from './client';
import { list, whole } from './list';
import type { Deletion, Hold, Look, Page, PersonalEntry, Retention, Stock } from './types';

export const stock = (device: string) =>
  queryOptions({
    queryKey: ['personal', 'stock', device],
    queryFn: ({ signal }) => whole<Stock>(`/devices/${device}/personal`, {}, signal),
  });

/** Each page is a look, and is recorded. */
export const lookAtEntries = (device: string, kind: Stock['kind'], reason: string, cursor = '') =>
  call<Page<PersonalEntry>>('POST', `/devices/${device}/personal/look`, {
    body: { kind, reason, cursor, limit: 100 },
  });

export const fetchPersonalFile = (id: string, reason: string) =>
  fetchFile(`/personal/files/${id}/look`, { reason });

export const exportUser = (id: string, reason: string) => fetchFile(`/users/${id}/export`, { reason });

export const looks = (user: string) => list<Look>(`/users/${user}/looks`);

export const retention = queryOptions({
  queryKey: ['personal', 'retention'],
  queryFn: ({ signal }) => callTagged<Retention>('/personal/retention', signal),
});

export const setRetention = (
  etag: string,
  body: { days: Record<string, number>; locationHistory: boolean },
) => call<Retention>('PUT', '/personal/retention', { body, etag });

export const deletions = queryOptions({
  queryKey: ['personal', 'deletions'],
  queryFn: ({ signal }) => whole<Deletion>('/personal/deletions', {}, signal),
});

export const holds = queryOptions({
  queryKey: ['personal', 'holds'],
  queryFn: ({ signal }) => whole<Hold>('/personal/holds', {}, signal),
});

export const placeHold = (user: string, reason: string) =>
  call<Hold>('POST', '/personal/holds', { body: { user, reason } });
export const liftHold = (id: string) => call<void>('POST', `/personal/holds/${id}/lift`);
