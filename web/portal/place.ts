import { useSyncExternalStore } from 'react';

// Pages are named behind the # of the address: the server is never told which device somebody looks at.

function listen(told: () => void) {
  addEventListener('hashchange', told);
  return () => removeEventListener('hashchange', told);
}

/** The parts of the place one is at: ['devices', ID, 'data']. */
export function usePlace(): string[] {
  const hash = useSyncExternalStore(listen, () => location.hash);
  return hash.replace(/^#\/?/, '').split('/').filter(Boolean);
}

const KEPT = 'drover-portal-place';

/** Leaves for a provider's page. The server, through which one comes back, is not told the place: this tab keeps it. */
export function leave(url: string) {
  sessionStorage.setItem(KEPT, location.hash);
  location.assign(url);
}

/** Goes on where one was before one left, unless the address names a place already. */
export function comeBack() {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (kept && !location.hash) history.replaceState(null, '', location.pathname + location.search + kept);
}

export const to = (...parts: string[]) => `#/${parts.join('/')}`;
