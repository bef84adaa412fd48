import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

const KINDS = [
  'device',
  'command',
  'policy',
  'audit',
  'approval',
  'breaker',
  'user',
  'upstream',
  'access',
  'log',
  'sync',
  'registration',
] as const;
type Kind = (typeof KINDS)[number];

/** What a change of each kind makes stale, by the first part of the query keys. */
const STALE: Record<Kind, string[]> = {
  device: ['overview', 'devices', 'scripts', 'computer-keys', 'computers', 'registration', 'device-folders'],
  command: ['overview', 'commands', 'devices'],
  policy: ['policies', 'policy-assignments', 'devices'],
  audit: ['audit'],
  approval: ['overview', 'approvals', 'commands', 'safety', 'scripts'],
  breaker: ['overview', 'session', 'safety'],
  user: ['users'],
  upstream: ['upstreams', 'upstream-assignments'],
  access: ['access-rules', 'devices'],
  log: ['log'],
  sync: ['log'],
  registration: ['registration', 'overview'],
};

/** Stands for the id of every device: the server does not always say which one a change concerns. */
const EVERY = '*';

/** Changes are gathered and applied at most this often: a busy fleet must not keep the browser busy. */
const GATHER_MS = 1_000;

/** Lists longer than this many pages are not re-read under the reader's eyes. */
const LIVE_PAGES = 2;

function refresh(client: QueryClient, roots: Set<string>, ids: Set<string>) {
  void client.invalidateQueries({
    predicate: ({ queryKey, state }) => {
      const [root, kind, part] = queryKey as [string, string?, string?];
      // What was done to one device stands among what is read of that device.
      const trail = part === 'audit' && roots.has('audit');
      if (!trail && !roots.has(root)) return false;
      if (!trail && root === 'devices' && kind && kind !== 'list' && !ids.has(kind) && !ids.has(EVERY))
        return false;
      const pages = (state.data as { pages?: unknown[] } | undefined)?.pages;
      return !pages || pages.length <= LIVE_PAGES;
    },
  });
}

/** Follows the server's events while mounted; tells whether the line is open. */
export function useLive(): boolean {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);

  useEffect(() => {
    const source = new EventSource('/api/v1/events');
    const roots = new Set<string>();
    const ids = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;

    const flush = () => {
      timer = undefined;
      refresh(client, roots, ids);
      roots.clear();
      ids.clear();
    };
    const note = (kind: Kind) => (event: MessageEvent<string>) => {
      for (const root of STALE[kind]) roots.add(root);
      try {
        const { id } = JSON.parse(event.data) as { id?: string };
        ids.add((kind === 'device' && id) || EVERY);
      } catch {
        ids.add(EVERY);
      }
      timer ??= setTimeout(flush, GATHER_MS);
    };
    for (const kind of KINDS) source.addEventListener(kind, note(kind));
    source.onopen = () => setOpen(true);
    source.onerror = () => setOpen(false);
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [client]);

  return open;
}
