/** The mail servers behind the gateway, and who is sent to which. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged } from './client';
import { whole } from './list';
import type {
  Upstream,
  UpstreamAssignment,
  UpstreamAssignmentDraft,
  UpstreamDraft,
  UpstreamTest,
  Waiting,
} from './types';

export const upstreams = queryOptions({
  queryKey: ['upstreams'],
  queryFn: ({ signal }) => whole<Upstream>('/upstreams', {}, signal),
});

export const upstream = (id: string) =>
  queryOptions({
    queryKey: ['upstreams', id],
    queryFn: ({ signal }) => callTagged<Upstream>(`/upstreams/${id}`, signal),
  });

/** What became of a change that others may have to approve. */
export type Asked<T> = T & { waiting?: Waiting };

export interface MailLogin {
  name: string;
  password: string;
}

export const addUpstream = (body: UpstreamDraft) => call<Asked<Upstream>>('POST', '/upstreams', { body });
export const editUpstream = (id: string, etag: string, body: UpstreamDraft) =>
  call<Asked<Upstream>>('PUT', `/upstreams/${id}`, { body, etag });
export const removeUpstream = (id: string) => call<Waiting | undefined>('DELETE', `/upstreams/${id}`);
export const orderUpstreams = (ids: string[]) =>
  call<Waiting | undefined>('PUT', '/upstreams/order', { body: { ids } });

export const testUpstream = (id: string, login?: MailLogin) =>
  call<UpstreamTest>('POST', `/upstreams/${id}/test`, { body: login });
/** Tests what is not saved. */
export const tryUpstream = (server: UpstreamDraft) =>
  call<UpstreamTest>('POST', '/upstreams/test', { body: { server, login: { name: '', password: '' } } });

export const upstreamAssignments = queryOptions({
  queryKey: ['upstream-assignments'],
  queryFn: ({ signal }) => whole<UpstreamAssignment>('/upstream-assignments', {}, signal),
});

export const assignUpstream = (body: UpstreamAssignmentDraft) =>
  call<Asked<UpstreamAssignment>>('POST', '/upstream-assignments', { body });
export const unassignUpstream = (id: string) =>
  call<Waiting | undefined>('DELETE', `/upstream-assignments/${id}`);
