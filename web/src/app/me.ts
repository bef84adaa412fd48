import { useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { session } from '../api/account';
import type { Session } from '../api/types';

export const LiveContext = createContext(false);

/** Whether changes arrive by themselves. */
export const useIsLive = () => useContext(LiveContext);

/** The signed-in administrator. Only used below the shell, where there is one. */
export function useMe(): Session {
  const { data } = useQuery(session);
  if (!data) throw new Error('no session below the shell');
  return data;
}

/** Whether the administrator holds a right. The server decides; this only spares a refused click. */
export function useMay(): (right: string) => boolean {
  const { rights } = useMe();
  return (right) => rights.includes(right) || rights.includes('*');
}
