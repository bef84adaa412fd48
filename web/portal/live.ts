import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState } from 'react';
import { BASE } from './api';
import { stillIn } from './queries';

/** How often a page asks while it is told of changes, in case one was missed. */
const CALM_MS = 60_000;

/** When following is tried again after the server has refused it: there are too many pages. */
const AGAIN_MS = 30_000;

/** Whether changes are told as they happen. */
export const Following = createContext(false);

/** How often to ask: seldom while changes are told, else as often as given. */
export function useEvery(ms: number): number {
  return useContext(Following) ? CALM_MS : ms;
}

/** Has everything read again that is shown of a device, or of all. */
function refresh(client: QueryClient, device?: string) {
  void client.invalidateQueries({
    predicate: ({ queryKey: [root, id] }) =>
      (root === 'devices' || root === 'commands') && (!id || !device || id === device),
  });
}

/** Follows the changes of one's own devices while somebody is signed in; tells whether the line is open. */
export function useFollowing(signedIn: boolean): boolean {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);

  useEffect(() => {
    if (!signedIn) return;
    let source: EventSource;
    let again: ReturnType<typeof setTimeout> | undefined;
    const begin = () => {
      source = new EventSource(`${BASE}/events`);
      source.addEventListener('device', (event: MessageEvent<string>) => {
        refresh(client, (JSON.parse(event.data) as { id?: string }).id);
      });
      source.onopen = () => {
        setOpen(true);
        refresh(client);
      };
      source.onerror = () => {
        setOpen(false);
        if (source.readyState !== EventSource.CLOSED) return;
        again = setTimeout(begin, AGAIN_MS);
        void stillIn(client);
      };
    };
    begin();
    return () => {
      clearTimeout(again);
      source.close();
      setOpen(false);
    };
  }, [client, signedIn]);

  return open;
}
