import { Checkbox, Loader } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import type { list } from '../api/list';
import classes from './grid.module.css';
import { count, shownOf } from './time';
import { Trouble } from './Trouble';

export interface GridColumn<T> {
  key: string;
  label: string;
  /** Track of the CSS grid, such as "160px" or "minmax(160px, 1.5fr)". */
  track: string;
  cell: (row: T) => ReactNode;
  /** The name under which the API sorts by it. */
  sort?: string;
  /** Part of the card that a row becomes on a phone. */
  phone?: 'lead' | 'second' | 'mark';
}

export interface Selection {
  has: (id: string) => boolean;
  toggle: (id: string) => void;
  setAll: (ids: string[], on: boolean) => void;
}

interface GridProps<T> {
  label: string;
  /** What one row is: "device". */
  noun: string;
  /** More of them, where that is not the noun with an s: "breaches". */
  nouns?: string;
  query: ReturnType<typeof list<T>>;
  columns: GridColumn<T>[];
  id: (row: T) => string;
  name: (row: T) => string;
  empty: ReactNode;
  sort?: string;
  onSort?: (sort: string) => void;
  selection?: Selection;
}

const ROW_PX = 46;
/** The next page is asked for when this many rows are left below. */
const AHEAD = 30;

/** A list of any length: pages are fetched by key as one scrolls, and only the rows in view are drawn. */
export function Grid<T>(props: GridProps<T>) {
  const { columns, selection } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const answer = useInfiniteQuery(props.query);
  const rows = answer.data?.pages.flatMap((page) => page.items) ?? [];
  const first = answer.data?.pages[0];
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    getItemKey: (index) => props.id(rows[index] as T),
  });
  const drawn = virtual.getVirtualItems();
  const last = drawn.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = answer;

  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError && last >= rows.length - AHEAD) {
      void fetchNextPage();
    }
  }, [last, rows.length, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);

  if (answer.isError && !first) return <Trouble error={answer.error} retry={() => void answer.refetch()} />;
  if (first && rows.length === 0) return <div className={classes.frame}>{props.empty}</div>;

  const template = [selection && '44px', ...columns.map((c) => c.track)].filter(Boolean).join(' ');
  const ids = rows.map(props.id);
  const chosen = selection ? ids.filter((id) => selection.has(id)).length : 0;

  return (
    <div className={classes.frame}>
      <div
        ref={scroller}
        className={classes.scroller}
        style={{ '--template': template } as React.CSSProperties}
        role="table"
        aria-label={props.label}
        aria-rowcount={first?.totalCapped ? -1 : (first?.total ?? rows.length) + 1}
        aria-busy={answer.isFetching}
        tabIndex={0}
      >
        <div role="rowgroup" className={classes.head}>
          <div role="row" className={classes.row} aria-rowindex={1}>
            {selection && (
              <div role="columnheader" className={classes.pick}>
                <Checkbox
                  size="xs"
                  aria-label={`Select all ${count(rows.length)} loaded ${props.noun}s`}
                  checked={chosen > 0 && chosen === rows.length}
                  indeterminate={chosen > 0 && chosen < rows.length}
                  onChange={(e) => selection.setAll(ids, e.currentTarget.checked)}
                />
              </div>
            )}
            {columns.map((c) => (
              <Heading key={c.key} column={c} sort={props.sort} onSort={props.onSort} />
            ))}
          </div>
        </div>
        <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }}>
          {drawn.map((item) => {
            const row = rows[item.index] as T;
            const id = props.id(row);
            return (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                role="row"
                aria-rowindex={item.index + 2}
                data-selected={selection?.has(id) || undefined}
                className={classes.row}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {selection && (
                  <div role="cell" className={classes.pick}>
                    <input
                      type="checkbox"
                      aria-label={`Select ${props.name(row)}`}
                      checked={selection.has(id)}
                      onChange={() => selection.toggle(id)}
                    />
                  </div>
                )}
                {columns.map((c) => (
                  <div key={c.key} role="cell" className={classes.cell} data-phone={c.phone}>
                    {c.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      <div className={classes.foot} role="status">
        {answer.isPending ? (
          <Loader size="xs" aria-label="Loading" />
        ) : (
          <span>
            {shownOf(
              rows.length,
              first?.total ?? rows.length,
              first?.totalCapped ?? false,
              props.noun,
              props.nouns,
            )}
            {isFetchingNextPage && ', loading more…'}
          </span>
        )}
        {isFetchNextPageError && (
          <button type="button" className={classes.more} onClick={() => void fetchNextPage()}>
            The next page did not load. Try again
          </button>
        )}
      </div>
    </div>
  );
}

interface HeadingProps<T> {
  column: GridColumn<T>;
  sort?: string;
  onSort?: (sort: string) => void;
}

function Heading<T>({ column, sort, onSort }: HeadingProps<T>) {
  if (!column.sort || !onSort) {
    return (
      <div role="columnheader" className={classes.heading}>
        {column.label}
      </div>
    );
  }
  const up = sort === column.sort;
  const down = sort === `-${column.sort}`;
  return (
    <div
      role="columnheader"
      className={classes.heading}
      aria-sort={up ? 'ascending' : down ? 'descending' : 'none'}
    >
      <button type="button" onClick={() => onSort(`${up ? '-' : ''}${column.sort}`)}>
        {column.label}
        {up && <ArrowUp size={13} aria-hidden />}
        {down && <ArrowDown size={13} aria-hidden />}
      </button>
    </div>
  );
}
