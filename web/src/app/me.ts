import { createContext, useContext } from 'react';
import type { Session } from '../api/types';

export const LiveContext = createContext(false);

/** Whether changes arrive by themselves. */
export const useIsLive = () => useContext(LiveContext);

/**
 * The session that the shell was drawn for. Not the one in the store: there it ends before the shell has gone, and what
 * is drawn in between has nobody to ask for.
 */
export const MeContext = createContext<Session | undefined>(undefined);

/** The signed-in administrator. Only used below the shell, where there is one. */
export function useMe(): Session {
  const me = useContext(MeContext);
  if (!me) throw new Error('no session below the shell');
  return me;
}

/** Whether the administrator holds a right. The server decides; this only spares a refused click. */
export function useMay(): (right: string) => boolean {
  const { rights } = useMe();
  return (right) => rights.includes(right) || rights.includes('*');
}
