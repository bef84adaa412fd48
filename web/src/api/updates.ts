/** Whether there is a newer version, and the check for it. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged } from './client';
import type { UpdateCheck, Updates } from './types';

export const updates = queryOptions({
  queryKey: ['updates'],
  queryFn: ({ signal }) => callTagged<Updates>('/updates', signal),
});

export const setUpdates = (etag: string, body: UpdateCheck) =>
  call<Updates>('PUT', '/updates', { body, etag });

export const checkUpdates = () => call<Updates>('POST', '/updates/check');
