import { MutationCache, QueryCache, QueryClient, skipToken, useQuery } from '@tanstack/react-query';
import { ApiError } from '../src/api/client';
import { get, type Farewell, type Me } from './api';

const ME = ['me'];
const FAREWELL = ['farewell'];

/** Who is signed in; null for nobody. */
export function useMe() {
  return useQuery({
    queryKey: ME,
    queryFn: () =>
      get<Me>('/session').catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }),
    staleTime: Infinity,
  });
}

/** An ended session anywhere leads back to the sign-in page, and takes along what was read in it. */
export function makeQueries(): QueryClient {
  const ended = (error: Error) => {
    if (error instanceof ApiError && error.status === 401 && client.getQueryData(ME)) left(client);
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: ended }),
    mutationCache: new MutationCache({ onError: ended }),
    defaultOptions: {
      queries: {
        retry: (times, error) => times < 2 && error instanceof ApiError && [0, 503].includes(error.status),
      },
      mutations: { retry: false },
    },
  });
  return client;
}

export function entered(client: QueryClient, me: Me) {
  client.setQueryData(ME, me);
}

export function left(client: QueryClient) {
  client.removeQueries({ predicate: (q) => q.queryKey[0] !== 'me' });
  client.setQueryData(ME, null);
}

/** Where somebody who has just signed out is still signed in; undefined for nowhere. */
export function useFarewell() {
  const { data } = useQuery<Farewell>({ queryKey: FAREWELL, queryFn: skipToken, staleTime: Infinity });
  return data?.url ? data : undefined;
}

/** Leaves, and keeps for the sign-in page where one is still signed in. */
export function signedOut(client: QueryClient, farewell?: Farewell) {
  left(client);
  if (farewell) client.setQueryData(FAREWELL, farewell);
}

/** Finds out whether the session goes on, and leaves when it does not. */
export async function stillIn(client: QueryClient): Promise<void> {
  try {
    entered(client, await get<Me>('/session'));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) left(client);
  }
}
