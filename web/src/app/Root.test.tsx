import { RouterProvider } from '@tanstack/react-router';
import { act, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { session } from '../api/account';
import { serve, show } from '../test/show';
import { router } from './router';

class Line extends EventTarget {
  static latest: Line;
  onopen?: () => void;
  onerror?: () => void;
  close = vi.fn();
  constructor() {
    super();
    Line.latest = this;
  }
}

afterEach(() => vi.unstubAllGlobals());

test('a session that ends while the page is drawn leads to the sign-in page', async () => {
  vi.stubGlobal('EventSource', Line);
  vi.stubGlobal('scrollTo', () => undefined);
  window.history.replaceState(null, '', '/nowhere');
  const me = {
    state: 'ready',
    admin: { id: 'a', name: 'mira' },
    rights: [],
    methods: [],
    zone: { name: 'House' },
  };
  serve({ 'GET /session': { body: me }, 'GET /session/providers': { body: { providers: [] } } });
  const queries = show(<RouterProvider router={router} />);
  await screen.findByText('Not live, connecting…');
  act(() => {
    queries.setQueryData(session.queryKey, null);
    Line.latest.onopen?.(); // draws the shell once more before it hears of the end
  });
  expect(await screen.findByLabelText('Password')).toBeTruthy();
});
