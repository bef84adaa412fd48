/** The directories that users, groups and administrators come from. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged } from './client';
import { whole } from './list';
import type { Asked } from './mail';
import type { Directory, DirectoryDraft, DirectoryReport, DirectoryTest, Ref } from './types';

export const directories = queryOptions({
  queryKey: ['directories'],
  queryFn: ({ signal }) => whole<Directory>('/directories', {}, signal),
});

export const directory = (id: string) =>
  queryOptions({
    queryKey: ['directories', id],
    queryFn: ({ signal }) => callTagged<Directory>(`/directories/${id}`, signal),
  });

export const addDirectory = (body: DirectoryDraft) =>
  call<Asked<Directory>>('POST', '/directories', { body });
export const editDirectory = (id: string, etag: string, body: DirectoryDraft) =>
  call<Asked<Directory>>('PUT', `/directories/${id}`, { body, etag });
export const removeDirectory = (id: string) => call<void>('DELETE', `/directories/${id}`);
export const testDirectory = (id: string) => call<DirectoryTest>('POST', `/directories/${id}/test`);
/** Tests what is not saved, with the password that was typed: none that is saved is used. */
export const tryDirectory = (body: DirectoryDraft) =>
  call<DirectoryTest>('POST', '/directories/test', { body: { directory: body } });
export const importDirectory = (id: string, dryRun: boolean) =>
  call<DirectoryReport>('POST', `/directories/${id}/import${dryRun ? '?dryRun=true' : ''}`);

/** The providers by which an administrator can sign in. */
export const signInWays = queryOptions({
  queryKey: ['sign-in-ways'],
  queryFn: ({ signal }) => call<{ providers: Ref[] }>('GET', '/session/providers', { signal }),
});
export const beginProvider = (id: string) => call<{ url: string }>('POST', `/session/providers/${id}`);
