import { queryOptions } from '@tanstack/react-query';
import { address, call, callTagged, type Query } from './client';
import { list, whole } from './list';
import type {
  AccessOverrideDraft,
  AccessTrail,
  AuditRecord,
  Command,
  Device,
  DeviceDetail,
  DeviceEdit,
  DevicePolicy,
  Page,
  SavedView,
  SavedViewDraft,
  Waiting,
} from './types';

export const devices = (query: Query) => list<Device>('/devices', query);

export const csvAddress = (query: Query) => address('/devices.csv', query);

export const device = (id: string) =>
  queryOptions({
    queryKey: ['devices', id],
    queryFn: ({ signal }) => callTagged<DeviceDetail>(`/devices/${id}`, signal),
  });

export const devicePolicy = (id: string) =>
  queryOptions({
    queryKey: ['devices', id, 'policy'],
    queryFn: ({ signal }) => call<DevicePolicy>('GET', `/devices/${id}/policy`, { signal }),
  });

/** How many of a device's commands its page shows; all of them are under Commands. */
const NEWEST = 20;

export const deviceCommands = (id: string) =>
  queryOptions({
    queryKey: ['devices', id, 'commands'],
    queryFn: async ({ signal }) =>
      (await call<Page<Command>>('GET', `/devices/${id}/commands`, { query: { limit: NEWEST }, signal }))
        .items,
  });

export const deviceAccess = (id: string) =>
  queryOptions({
    queryKey: ['devices', id, 'access'],
    queryFn: ({ signal }) => call<AccessTrail>('GET', `/devices/${id}/access`, { signal }),
  });

export const deviceAudit = (id: string) => list<AuditRecord>(`/devices/${id}/audit`);

export const editDevice = (id: string, etag: string, body: DeviceEdit) =>
  call<void>('PATCH', `/devices/${id}`, { body, etag });

export const setAccess = (id: string, body: AccessOverrideDraft) =>
  call<void>('PUT', `/devices/${id}/access`, { body });
export const clearAccess = (id: string) => call<void>('DELETE', `/devices/${id}/access`);

/** A device's phone number, "" when none is known; the look is recorded. */
export const lookAtPhone = (id: string, reason: string) =>
  call<{ phone: string }>('POST', `/devices/${id}/phone`, { body: { reason } });

export type DeviceAct = 'remove' | 'retire' | 'readmit';

export const actOnDevice = (id: string, act: DeviceAct, reason: string) =>
  call<Waiting | undefined>('POST', `/devices/${id}/${act}`, { body: { reason } });

export const savedViews = queryOptions({
  queryKey: ['views'],
  queryFn: ({ signal }) => whole<SavedView>('/views', {}, signal),
});

export const saveView = (body: SavedViewDraft) => call<SavedView>('POST', '/views', { body });
export const dropView = (id: string) => call<void>('DELETE', `/views/${id}`);
