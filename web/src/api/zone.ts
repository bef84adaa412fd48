/** The zone as a whole: its name, overview, services, access rules, audit, platforms. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged, type Query } from './client';
import { list, whole } from './list';
import type {
  AccessDefault,
  AccessRule,
  AccessRuleDraft,
  AccessTrail,
  AuditRecord,
  AuditReport,
  Overview,
  AuditValues,
  Info,
  MapTiles,
  Page,
  Platform,
  Service,
} from './types';

export const zone = queryOptions({
  queryKey: ['zone'],
  queryFn: ({ signal }) => callTagged<Info>('/zone', signal),
});

export const renameZone = (etag: string, name: string) =>
  call<Info>('PUT', '/zone', { body: { name }, etag });

/** From where maps take their tiles. */
export const mapTiles = queryOptions({
  queryKey: ['zone', 'map'],
  queryFn: ({ signal }) => callTagged<MapTiles>('/zone/map', signal),
});

export const setMapTiles = (etag: string, body: MapTiles) =>
  call<MapTiles>('PUT', '/zone/map', { body, etag });

/** Every service, with the version that a switch of one of them is based on. */
export const services = (server: string) =>
  queryOptions({
    queryKey: ['services', server],
    queryFn: ({ signal }) =>
      callTagged<Page<Service>>(`/services?server=${encodeURIComponent(server)}`, signal),
  });

/** On one server, or on all for "". */
export const switchService = (etag: string, server: string, name: string, on: boolean) =>
  call<void>('PUT', `/services/${name}`, { body: { on }, etag, query: { server } });

export const overview = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => call<Overview>('GET', '/overview', { signal }),
});

export const platforms = queryOptions({
  queryKey: ['platforms'],
  queryFn: ({ signal }) => whole<Platform>('/platforms', {}, signal),
  staleTime: Infinity,
});

export const accessRules = queryOptions({
  queryKey: ['access-rules', 'list'],
  queryFn: ({ signal }) => whole<AccessRule>('/access-rules', {}, signal),
});

export const addRule = (body: AccessRuleDraft) => call<AccessRule>('POST', '/access-rules', { body });
export const editRule = (rule: AccessRule, body: AccessRuleDraft) =>
  call<AccessRule>('PUT', `/access-rules/${rule.id}`, { body, etag: `"${rule.version}"` });
export const removeRule = (id: string) => call<void>('DELETE', `/access-rules/${id}`);
export const orderRules = (ids: string[]) => call<void>('PUT', '/access-rules/order', { body: { ids } });
export const testRules = (device: string) =>
  call<AccessTrail>('POST', '/access-rules/test', { body: { device } });

export const audit = (query: Query) => list<AuditRecord>('/audit', query);

/** Personal values of a record; the look is recorded. */
export const revealAudit = (id: string, reason: string) =>
  call<AuditValues>('POST', `/audit/${id}/reveal`, { body: { reason } });

export const verifyAudit = () => call<AuditReport>('POST', '/audit/verify');

/** What decides where no rule does. */
export const accessDefault = queryOptions({
  queryKey: ['access-rules', 'default'],
  queryFn: ({ signal }) => callTagged<AccessDefault>('/access-rules/default', signal),
});

export const setAccessDefault = (etag: string, body: AccessDefault) =>
  call<AccessDefault>('PUT', '/access-rules/default', { body, etag });
