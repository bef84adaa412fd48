/** The scripts that computers run by a schedule. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged } from './client';
import { list, whole } from './list';
import type { AgentResult, Script, ScriptDraft, ScriptVersion } from './types';

export const scripts = queryOptions({
  queryKey: ['scripts'],
  queryFn: ({ signal }) => whole<Script>('/scripts', {}, signal),
});

/** One script with the version that a change is based on. */
export const script = (id: string) =>
  queryOptions({
    queryKey: ['scripts', id],
    queryFn: ({ signal }) => callTagged<Script>(`/scripts/${id}`, signal),
  });

export const scriptVersions = (id: string) => list<ScriptVersion>(`/scripts/${id}/versions`);

export const scriptVersion = (id: string, version: number) =>
  queryOptions({
    queryKey: ['scripts', id, 'version', version],
    queryFn: ({ signal }) => call<ScriptVersion>('GET', `/scripts/${id}/versions/${version}`, { signal }),
  });

/** What became of it; looked for anew each quarter of a minute. */
export const scriptResults = (id: string) => ({
  ...list<AgentResult>(`/scripts/${id}/results`),
  refetchInterval: 15_000,
});

export const addScript = (body: ScriptDraft) => call<Script>('POST', '/scripts', { body });
export const editScript = (id: string, etag: string, body: ScriptDraft) =>
  call<Script>('PUT', `/scripts/${id}`, { body, etag });
export const removeScript = (id: string) => call<void>('DELETE', `/scripts/${id}`);
