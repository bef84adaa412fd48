/** The rules for destructive acts, and the breaker. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged } from './client';
import type { Breaker, SafetyChange, SafetyRules, Waiting } from './types';

export const safetyRules = queryOptions({
  queryKey: ['safety', 'rules'],
  queryFn: ({ signal }) => callTagged<SafetyRules>('/safety/rules', signal),
});

export const changeSafetyRules = (etag: string, body: SafetyRules) =>
  call<SafetyChange>('PUT', '/safety/rules', { body, etag });

export const breaker = queryOptions({
  queryKey: ['safety', 'breaker'],
  queryFn: ({ signal }) => call<Breaker>('GET', '/safety/breaker', { signal }),
});

export const closeBreaker = (reason: string) =>
  call<Waiting>('POST', '/safety/breaker/close', { body: { reason } });
