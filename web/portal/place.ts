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

export const to = (...parts: string[]) => `#/${parts.join('/')}`;
