import { act, renderHook } from '@testing-library/react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useLive } from './live';

class Line extends EventTarget {
  static latest: Line;
  onopen?: () => void;
  onerror?: () => void;
  close = vi.fn();
  constructor() {
    super();
    Line.latest = this;
  }
  tell(kind: string, data: object) {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
  }
}

let queries: QueryClient;
const wrapper = ({ children }: { children: ReactNode }) => (
  <QueryClientProvider client={queries}>{children}</QueryClientProvider>
);
const stale = (...key: unknown[]) => queries.getQueryState(key)?.isInvalidated;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', Line);
  queries = new QueryClient();
  for (const key of [
    ['overview'],
    ['devices', 'a'],
    ['devices', 'b'],
    ['audit', 'list', {}],
    ['devices', 'a', 'audit', 'list', {}],
    ['devices', 'list', {}],
  ]) {
    queries.setQueryData(key, {});
  }
  queries.setQueryData(['devices', 'list', { long: true }], { pages: [1, 2, 3], pageParams: [] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what was done to one device is read again with the audit log', () => {
  renderHook(useLive, { wrapper });
  act(() => Line.latest.tell('audit', { id: 'record' }));
  act(() => vi.advanceTimersByTime(1_000));
  expect(stale('audit', 'list', {})).toBe(true);
  expect(stale('devices', 'a', 'audit', 'list', {})).toBe(true);
  expect([stale('devices', 'a'), stale('devices', 'list', {}), stale('overview')]).toEqual([
    false,
    false,
    false,
  ]);
});

test('changes are gathered, and make stale what they touch and nothing else', () => {
  const { unmount } = renderHook(useLive, { wrapper });
  act(() => {
    Line.latest.tell('device', { id: 'a' });
    Line.latest.tell('device', { id: 'a' });
  });
  expect(stale('overview')).toBe(false);
  act(() => vi.advanceTimersByTime(1_000));
  expect([stale('overview'), stale('devices', 'a'), stale('devices', 'list', {})]).toEqual([
    true,
    true,
    true,
  ]);
  expect([stale('devices', 'b'), stale('audit', 'list', {})]).toEqual([false, false]);
  expect(stale('devices', 'list', { long: true })).toBe(false);
  unmount();
  expect(Line.latest.close).toHaveBeenCalledOnce();
});

test('the page knows whether the line is open', () => {
  const { result } = renderHook(useLive, { wrapper });
  expect(result.current).toBe(false);
  act(() => Line.latest.onopen?.());
  expect(result.current).toBe(true);
  act(() => Line.latest.onerror?.());
  expect(result.current).toBe(false);
});
