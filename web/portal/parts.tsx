import { Alert, Button, Loader } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useRef, type ReactNode } from 'react';
import { ApiError } from '../src/api/client';
import { useWords, word } from './language';

/** What went wrong, in the reader's language where the words are known, and else marked as English. */
export function Trouble({ error }: { error: unknown }) {
  const words = useWords();
  if (!error) return null;
  const known = error instanceof ApiError ? word<string>(words.problems, error.code) : undefined;
  return (
    <Alert color="red" role="alert" variant="light" title={words.failed}>
      {known ?? <span lang="en">{error instanceof Error ? error.message : String(error)}</span>}
    </Alert>
  );
}

/** What was read, or why it was not. */
export function Read<T>({ from, children }: { from: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  const words = useWords();
  if (from.data !== undefined) return <>{children(from.data)}</>;
  if (from.error) {
    return (
      <>
        <Trouble error={from.error} />
        <Button variant="default" size="md" onClick={() => void from.refetch()}>
          {words.tryAgain}
        </Button>
      </>
    );
  }
  return <Loader aria-label={words.loading} />;
}

/** The heading of a page, which takes the focus when one comes to it: a screen reader begins to read there. */
export function Title({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <h1 ref={heading} tabIndex={-1} style={{ outline: 'none' }}>
      {children}
    </h1>
  );
}

export function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Names and values, without those that are empty. */
export function Facts({ list }: { list: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {list
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
