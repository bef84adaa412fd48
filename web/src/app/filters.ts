import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { Filters } from './router';

/** The filters of the page, kept in its address; setting one to "" removes it. */
export function useFilters(): [Filters, (change: Filters) => void] {
  const search = useSearch({ strict: false }) as Filters;
  const navigate = useNavigate();
  const set = useCallback(
    (change: Filters) => {
      void navigate({
        to: '.',
        replace: true,
        search: (before: Filters) => {
          const next = { ...before, ...change };
          for (const name of Object.keys(next)) if (!next[name]) delete next[name];
          return next;
        },
      });
    },
    [navigate],
  );
  return [search, set];
}
