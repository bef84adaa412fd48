import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { vi } from 'vitest';
import { makeQueries } from '../app/queries';
import { theme } from '../ui/theme';

export interface Asked {
  method: string;
  path: string;
  body: unknown;
  headers: Record<string, string>;
}

/** A server for one test: answers by "METHOD /path", and remembers what it was asked. */
export function serve(answers: Record<string, { status?: number; body?: unknown }>): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const path = url.replace('/api/v1', '');
    const method = init.method ?? 'GET';
    const headers = init.headers as Record<string, string>;
    asked.push({ method, path, headers, body: init.body ? JSON.parse(String(init.body)) : undefined });
    const answer = answers[`${method} ${path}`] ?? { status: 404, body: { detail: `no answer for ${path}` } };
    const text = answer.body === undefined ? null : JSON.stringify(answer.body);
    return new Response(text, { status: answer.status ?? 200, headers: { ETag: '"7"' } });
  });
  return asked;
}

/** Draws something as the dashboard does. */
export function show(children: ReactNode) {
  const queries = makeQueries();
  render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </MantineProvider>,
  );
  return queries;
}
