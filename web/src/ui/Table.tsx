import type { ReactNode } from 'react';
import classes from './table.module.css';

export interface Column<T> {
  key: string;
  label: string;
  cell: (row: T) => ReactNode;
  /** CSS width of a grid track; the rest is shared. */
  width?: string;
  align?: 'right';
  /** Sentences, which on a phone stand below the column's name. */
  prose?: boolean;
  /** Hide the label where the column holds only actions. */
  silent?: boolean;
}

interface TableProps<T> {
  label: string;
  rows: T[];
  columns: Column<T>[];
  id: (row: T) => string;
  /** Given when the rows stand in no panel of their own. */
  framed?: boolean;
}

/** A short table. On a phone each row becomes a card with the names of its columns. */
export function Table<T>({ label, rows, columns, id, framed }: TableProps<T>) {
  return (
    <div className={classes.wrap} data-framed={framed || undefined}>
      <table className={classes.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((c) => (
              <th key={c.key} scope="col" data-align={c.align} style={{ width: c.width }}>
                <span className={c.silent ? classes.silent : undefined}>{c.label}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={id(row)}>
              {columns.map((c) => (
                <td
                  key={c.key}
                  data-align={c.align}
                  data-prose={c.prose}
                  data-label={c.silent ? '' : c.label}
                >
                  {c.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
