import { screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { serve, show } from '../src/test/show';
import type { Me } from './api';
import { Data } from './Data';
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
