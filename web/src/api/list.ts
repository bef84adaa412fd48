import { infiniteQueryOptions } from '@tanstack/react-query';
import { call, type Query } from './client';
import type { Page } from './types';

const PAGE = 100;

/** A list read page by page, by key, never by offset. */
export function list<T>(path: string, query: Query = {}) {
  return infiniteQueryOptions({
    queryKey: [...path.slice(1).split('/'), 'list', query],
    queryFn: ({ pageParam, signal }) =>
      call<Page<T>>('GET', path, { query: { ...query, limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: '',
    getNextPageParam: (last: Page<T>) => last.next || undefined,
  });
}

/** A short list that is always wanted whole (roles, suites, rules): its first pages, up to a bound. */
export async function whole<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let cursor = '';
  for (let page = 0; page < 10; page++) {
    const got = await call<Page<T>>('GET', path, { query: { ...query, limit: PAGE, cursor }, signal });
    items.push(...got.items);
    if (!got.next) break;
    cursor = got.next;
  }
  return items;
}
