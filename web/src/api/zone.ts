/** The zone as a whole: overview, mail servers, access rules, audit, platforms. */

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
  Platform,
  Upstream,
  UpstreamDraft,
  UpstreamTest,
} from './types';

export const overview = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => call<Overview>('GET', '/overview', { signal }),
});

export const platforms = queryOptions({
  queryKey: ['platforms'],
  queryFn: ({ signal }) => whole<Platform>('/platforms', {}, signal),
  staleTime: Infinity,
});

export const upstreams = queryOptions({
  queryKey: ['upstreams'],
  queryFn: ({ signal }) => whole<Upstream>('/upstreams', {}, signal),
});

export const upstream = (id: string) =>
  queryOptions({
    queryKey: ['upstreams', id],
    queryFn: ({ signal }) => callTagged<Upstream>(`/upstreams/${id}`, signal),
  });

export const addUpstream = (body: UpstreamDraft) => call<Upstream>('POST', '/upstreams', { body });
export const editUpstream = (id: string, etag: string, body: UpstreamDraft) =>
  call<Upstream>('PUT', `/upstreams/${id}`, { body, etag });
export const removeUpstream = (id: string) => call<void>('DELETE', `/upstreams/${id}`);
export const testUpstream = (id: string, login?: { name: string; password: string }) =>
  call<UpstreamTest>('POST', `/upstreams/${id}/test`, { body: login });

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

export const verifyAudit = () => call<AuditReport>('POST', '/audit/verify');

/** What decides where no rule does. */
export const accessDefault = queryOptions({
  queryKey: ['access-rules', 'default'],
  queryFn: ({ signal }) => callTagged<AccessDefault>('/access-rules/default', signal),
});

export const setAccessDefault = (etag: string, body: AccessDefault) =>
  call<AccessDefault>('PUT', '/access-rules/default', { body, etag });
