import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { session } from '../api/account';
import { ApiError } from '../api/client';

/** Only what may pass by itself is tried again; a refusal stays a refusal. */
function mayPass(error: Error): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 503);
}

/** The store of everything read from the server. An ended session anywhere leads back to the sign-in page. */
export function makeQueries(): QueryClient {
  const ended = (error: Error) => {
    if (error instanceof ApiError && error.status === 401 && client.getQueryData(session.queryKey)) {
      client.setQueryData(session.queryKey, null);
    }
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: ended }),
    mutationCache: new MutationCache({ onError: ended }),
    defaultOptions: {
      queries: { staleTime: 15_000, retry: (times, error) => times < 2 && mayPass(error) },
      mutations: { retry: false },
    },
  });
  return client;
}
