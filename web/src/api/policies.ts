import { queryOptions } from '@tanstack/react-query';
import { call, callTagged } from './client';
import { whole } from './list';
import type {
  Assignment,
  Page,
  Ref,
  SettingSpec,
  Suite,
  SuiteDetail,
  SuiteDiffLine,
  SuitePreview,
  SuiteVersion,
  Values,
} from './types';

export const suites = queryOptions({
  queryKey: ['policies'],
  queryFn: ({ signal }) => whole<Suite>('/policies', {}, signal),
});

export const suite = (id: string) =>
  queryOptions({
    queryKey: ['policies', id],
    queryFn: ({ signal }) => callTagged<SuiteDetail>(`/policies/${id}`, signal),
  });

export const versions = (id: string) =>
  queryOptions({
    queryKey: ['policies', id, 'versions'],
    queryFn: ({ signal }) => whole<SuiteVersion>(`/policies/${id}/versions`, {}, signal),
  });

export const diff = (id: string, from: number, to: number) =>
  queryOptions({
    queryKey: ['policies', id, 'diff', from, to],
    queryFn: async ({ signal }) =>
      (await call<Page<SuiteDiffLine>>('GET', `/policies/${id}/diff`, { query: { from, to }, signal })).items,
  });

export const preview = (id: string, platform: string, liability: string) =>
  queryOptions({
    queryKey: ['policies', id, 'preview', platform, liability],
    queryFn: ({ signal }) =>
      call<SuitePreview>('GET', `/policies/${id}/preview`, { query: { platform, liability }, signal }),
    enabled: platform !== '',
  });

export const catalogue = queryOptions({
  queryKey: ['policy-settings'],
  queryFn: ({ signal }) => whole<SettingSpec>('/policy-settings', {}, signal),
  staleTime: Infinity,
});

export const presets = queryOptions({
  queryKey: ['policy-presets'],
  queryFn: ({ signal }) => whole<Ref & { description: string }>('/policy-presets', {}, signal),
  staleTime: Infinity,
});

export const makeSuite = (body: { name: string; description: string; preset: string }) =>
  call<Suite>('POST', '/policies', { body });

export const saveSuite = (
  id: string,
  etag: string,
  body: { name: string; description: string; note: string; corporate: Values; personal: Values },
) => call<SuiteDetail>('PUT', `/policies/${id}`, { body, etag });

export const rollBack = (id: string, etag: string, version: number) =>
  call<SuiteDetail>('POST', `/policies/${id}/rollback`, {
    body: { version, note: `As in version ${version}` },
    etag,
  });

export const removeSuite = (id: string) => call<void>('DELETE', `/policies/${id}`);

export const assignments = queryOptions({
  queryKey: ['policy-assignments'],
  queryFn: ({ signal }) => whole<Assignment>('/policy-assignments', {}, signal),
});

export const assign = (body: { kind: string; target: string; suite: string }) =>
  call<Assignment>('POST', '/policy-assignments', { body });
export const unassign = (id: string) => call<void>('DELETE', `/policy-assignments/${id}`);
