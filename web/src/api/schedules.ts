/** When devices come for news. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged } from './client';
import { whole } from './list';
import type { DeviceSchedule, Schedule, ScheduleDraft, ScheduleTargetDraft } from './types';

export const schedules = queryOptions({
  queryKey: ['schedules'],
  queryFn: ({ signal }) => whole<Schedule>('/schedules', {}, signal),
});

/** One schedule with the version that a change is based on. */
export const schedule = (id: string) =>
  queryOptions({
    queryKey: ['schedules', id],
    queryFn: ({ signal }) => callTagged<Schedule>(`/schedules/${id}`, signal),
    gcTime: 0,
  });

export const deviceSchedule = (id: string) =>
  queryOptions({
    queryKey: ['devices', id, 'schedule'],
    queryFn: ({ signal }) => call<DeviceSchedule>('GET', `/devices/${id}/schedule`, { signal }),
  });

const draftOf = (s: Schedule): ScheduleDraft => ({
  name: s.name,
  zone: s.zone,
  windows: s.windows,
  peak: s.peak,
  offPeak: s.offPeak,
  targets: s.targets.map((t) => ({ kind: t.kind, target: t.target.id, priority: t.priority })),
});

export const makeSchedule = (body: ScheduleDraft) => call<Schedule>('POST', '/schedules', { body });

/** Changes what a schedule says; whom it is for stays. */
export const editSchedule = (of: Schedule, etag: string, change: Partial<ScheduleDraft>) =>
  call<Schedule>('PUT', `/schedules/${of.id}`, { body: { ...draftOf(of), ...change }, etag });

/** Gives a schedule to one more, or takes one away. */
async function retarget(id: string, change: (old: ScheduleTargetDraft[]) => ScheduleTargetDraft[]) {
  const { etag, ...now } = await callTagged<Schedule>(`/schedules/${id}`);
  return editSchedule(now, etag, { targets: change(draftOf(now).targets ?? []) });
}

export const assignSchedule = (id: string, to: ScheduleTargetDraft) =>
  retarget(id, (old) => [...old.filter((t) => t.kind !== to.kind || t.target !== to.target), to]);

export const unassignSchedule = (id: string, from: { kind: string; target: string }) =>
  retarget(id, (old) => old.filter((t) => t.kind !== from.kind || (t.target ?? '') !== from.target));

export const removeSchedule = (id: string) => call<void>('DELETE', `/schedules/${id}`);
