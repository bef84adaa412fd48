import { screen, within } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { serve, show } from '../src/test/show';
import type { Me } from './api';
import { Data, Entries } from './Data';
import { LanguageProvider } from './language';

afterEach(() => vi.unstubAllGlobals());

it('tells apart devices of one name', async () => {
  serve({
    'GET /portal/devices': {
      body: { items: ['a', 'b', 'c'].map((id) => ({ id, name: id === 'c' ? 'iPhone' : 'GT-I9300' })) },
    },
    'GET /portal/looks': { body: { items: [], next: '' } },
    ...Object.fromEntries(
      ['a', 'b', 'c'].map((id) => [`GET /portal/devices/${id}/data`, { body: { items: [] } }]),
    ),
  });
  show(
    <LanguageProvider>
      <Data me={{ providers: [] } as unknown as Me} />
    </LanguageProvider>,
  );
  for (const name of ['GT-I9300 (1)', 'GT-I9300 (2)', 'iPhone']) {
    expect(await screen.findByRole('region', { name })).toBeTruthy();
  }
});

it('shows positions on a map above their list, and other entries without one', async () => {
  const position = { latitude: 48.2082, longitude: 16.3738, accuracy: 20 };
  const entries = (body: object) => ({
    body: { items: [{ id: '1', at: '2026-07-01T08:00:00Z', body }], next: '' },
  });
  serve({
    'GET /portal/devices/a/data/location': entries(position),
    'GET /portal/devices/a/data/file': entries({ path: '/a.txt' }),
  });
  const me = { map: { url: 'https://tiles.example.org/{z}/{x}/{y}.png', attribution: 'Surveyors' } } as Me;
  show(
    <LanguageProvider>
      <Entries me={me} id="a" kind="location" />
      <Entries me={me} id="a" kind="file" />
    </LanguageProvider>,
  );
  const map = await screen.findByRole('application', { name: /^Map with 1 position/ });
  expect(map.querySelector('image')?.getAttribute('href')).toMatch(/^https:\/\/tiles\.example\.org\/\d+\//);
  expect(within(map).getByText(/2026/)).toBeTruthy();
  expect(screen.getByText('Surveyors')).toBeTruthy();
  expect(await screen.findByText('48.20820, 16.37380, to about 20 m')).toBeTruthy();
  expect(await screen.findByText('/a.txt')).toBeTruthy();
  expect(screen.getAllByRole('application')).toHaveLength(1);
});
