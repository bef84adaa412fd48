/** The zone as a whole: overview, mail servers, access rules, audit, platforms. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged, type Query } from './client';
import { list, whole } from './list';
import type {
  AccessRule,
  AccessTrail,
  AuditRecord,
  AuditReport,
  Overview,
  Platform,
  Upstream,
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

export type UpstreamForm = Pick<
  Upstream,
  'name' | 'url' | 'tlsMode' | 'pin' | 'hostName' | 'timeoutSeconds' | 'domains'
>;

export const addUpstream = (body: UpstreamForm) => call<Upstream>('POST', '/upstreams', { body });
export const editUpstream = (id: string, etag: string, body: UpstreamForm) =>
  call<Upstream>('PUT', `/upstreams/${id}`, { body, etag });
export const removeUpstream = (id: string) => call<void>('DELETE', `/upstreams/${id}`);
export const testUpstream = (id: string) => call<UpstreamTest>('POST', `/upstreams/${id}/test`);

export const accessRules = queryOptions({
  queryKey: ['access-rules'],
  queryFn: ({ signal }) => whole<AccessRule>('/access-rules', {}, signal),
});

export type RuleForm = Pick<AccessRule, 'name' | 'match' | 'pattern' | 'decision' | 'note'>;

export const addRule = (body: RuleForm) => call<AccessRule>('POST', '/access-rules', { body });
export const editRule = (id: string, body: RuleForm) =>
  call<AccessRule>('PUT', `/access-rules/${id}`, { body });
export const removeRule = (id: string) => call<void>('DELETE', `/access-rules/${id}`);
export const orderRules = (ids: string[]) => call<void>('PUT', '/access-rules/order', { body: { ids } });
export const testRules = (device: string) =>
  call<AccessTrail>('POST', '/access-rules/test', { body: { device } });

export const audit = (query: Query) => list<AuditRecord>('/audit', query);

export const auditState = queryOptions({
  queryKey: ['audit', 'state'],
  queryFn: ({ signal }) => call<AuditReport>('GET', '/audit/state', { signal }),
});

export const verifyAudit = () => call<AuditReport>('POST', '/audit/verify');
