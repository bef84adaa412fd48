/** The doors of the zone: rules by address, their versions, who has come, servers and advice. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged, type Query } from './client';
import { whole } from './list';
import type {
  ClosestServers,
  DoorDifference,
  DoorReplay,
  Doors,
  DoorTotal,
  DoorVersion,
  DoorVisits,
  Hardening,
  Page,
  ZoneServer,
} from './types';

/** What is in force, with the version that a change is based on. */
export const doors = queryOptions({
  queryKey: ['doors', 'now'],
  queryFn: ({ signal }) => callTagged<DoorVersion>('/doors', signal),
});

export const changeDoors = (etag: string, body: Doors, reason: string) =>
  call<DoorVersion>('PUT', '/doors', { body: { doors: body, reason }, etag });

/** What a change would do to the visits of the last 30 days; nothing is changed. */
export const tryDoors = (body: Doors) =>
  call<DoorReplay>('POST', '/doors/dry-run', { body: { doors: body, days: 30 } });

export const doorVersions = queryOptions({
  queryKey: ['doors', 'versions'],
  queryFn: async ({ signal }) =>
    (await call<Page<DoorVersion>>('GET', '/doors/versions', { query: { limit: 100 }, signal })).items,
});

export const doorDiff = (from: number, to: number) =>
  queryOptions({
    queryKey: ['doors', 'diff', from, to],
    queryFn: ({ signal }) => whole<DoorDifference>('/doors/diff', { from, to }, signal),
  });

export const rollBackDoors = (etag: string, version: number) =>
  call<DoorVersion>('POST', '/doors/rollback', { body: { version }, etag });

export const doorVisits = (query: Query) =>
  queryOptions({
    queryKey: ['doors', 'visits', query],
    queryFn: ({ signal }) => call<DoorVisits>('GET', '/doors/visits', { query, signal }),
  });

const LIVE_MS = 5_000;

/** What has come to each service in the last 30 days, read again while it is looked at. */
export const doorTotals = (server: string) =>
  queryOptions({
    queryKey: ['doors', 'totals', server],
    queryFn: ({ signal }) => whole<DoorTotal>('/doors/totals', { server }, signal),
    refetchInterval: LIVE_MS,
  });

export const servers = queryOptions({
  queryKey: ['doors', 'servers'],
  queryFn: ({ signal }) => whole<ZoneServer>('/servers', {}, signal),
});

/** Of which servers a computer would be told. */
export const closest = (device: string, address: string) =>
  call<ClosestServers>('GET', '/doors/closest', { query: { device, address } });

export const hardening = (server: string) =>
  queryOptions({
    queryKey: ['doors', 'hardening', server],
    queryFn: ({ signal }) => callTagged<Hardening>(`/servers/${server}/hardening`, signal),
  });

export const harden = (etag: string, server: string, rows?: string[]) =>
  call<DoorVersion>('POST', '/doors/harden', { body: { server, rows }, etag });
