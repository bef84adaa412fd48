import { Button, Group } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { list } from '../api/list';
import { Loaded } from './Loaded';
import { Trouble } from './Trouble';

interface PagedProps<T> {
  query: ReturnType<typeof list<T>>;
  children: (rows: T[]) => ReactNode;
}

/** The first page of a list that mostly has no second, with a way to see more. */
export function Paged<T>({ query, children }: PagedProps<T>) {
  const answer = useInfiniteQuery(query);
  return (
    <Loaded of={answer}>
      {({ pages }) => (
        <>
          {children(pages.flatMap((page) => page.items))}
          {answer.isFetchNextPageError && <Trouble error={answer.error} />}
          {answer.hasNextPage && (
            <Group justify="center" p="md">
              <Button
                variant="default"
                loading={answer.isFetchingNextPage}
                onClick={() => void answer.fetchNextPage()}
              >
                Show more
              </Button>
            </Group>
          )}
        </>
      )}
    </Loaded>
  );
}
