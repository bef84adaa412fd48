import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call, callTagged } from './client';
import { whole } from './list';
import type {
  Assignment,
  AssignmentDraft,
  AssignmentMade,
  Page,
  Ref,
  Rollout,
  RolloutPlan,
  SettingSpec,
  SimulatedDevice,
  Simulation,
  Suite,
  SuiteDetail,
  SuiteDiffLine,
  SuitePreview,
  SuiteVersion,
  Supposition,
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
  call<SuiteDetail>('POST', `/policies/${id}/rollback`, { body: { version }, etag });

export const removeSuite = (id: string) => call<void>('DELETE', `/policies/${id}`);

export const assignments = queryOptions({
  queryKey: ['policy-assignments'],
  queryFn: ({ signal }) => whole<Assignment>('/policy-assignments', {}, signal),
});

export const assign = (body: AssignmentDraft) =>
  call<AssignmentMade>('POST', '/policy-assignments', { body });
export const unassign = (id: string) => call<void>('DELETE', `/policy-assignments/${id}`);

export const rollouts = queryOptions({
  queryKey: ['policy-rollouts'],
  queryFn: ({ signal }) => whole<Rollout>('/policy-rollouts', {}, signal),
});

export const startRollout = (
  id: string,
  etag: string,
  body: RolloutPlan & { note: string; corporate: Values; personal: Values },
) => call<Rollout>('POST', `/policies/${id}/rollout`, { body, etag });

export const steerRollout = (id: string, body: RolloutPlan & { paused: boolean }) =>
  call<Rollout>('PUT', `/policies/${id}/rollout`, { body });

export const finishRollout = (id: string) => call<void>('POST', `/policies/${id}/rollout/finish`);

export const callBackRollout = (id: string) => call<void>('DELETE', `/policies/${id}/rollout`);

export const simulate = (body: Supposition) => call<Simulation>('POST', '/policy-simulations', { body });

export const simulatedDevices = (body: Supposition, out: boolean) =>
  infiniteQueryOptions({
    queryKey: ['policy-simulation', body, out],
    queryFn: ({ pageParam, signal }) =>
      call<Page<SimulatedDevice>>('POST', '/policy-simulations/devices', {
        body,
        query: { out, cursor: pageParam, limit: 50 },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    gcTime: 0,
  });
