import { Center, Loader } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Trouble } from './Trouble';

interface LoadedProps<T> {
  of: UseQueryResult<T>;
  children: (data: T) => ReactNode;
}

/** Shows what was asked for once it is there; until then a loader, or what went wrong. */
export function Loaded<T>({ of, children }: LoadedProps<T>) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.isError) return <Trouble error={of.error} retry={() => void of.refetch()} />;
  return (
    <Center py={64}>
      <Loader size="sm" aria-label="Loading" role="status" />
    </Center>
  );
}
