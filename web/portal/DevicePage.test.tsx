import { cleanup, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { serve, show } from '../src/test/show';
import type { Me } from './api';
import { conditions, reasons } from './compliance';
import { DevicePage } from './DevicePage';
import { LanguageProvider } from './language';
import { platformNames } from './platform';
import { de } from './words/de';
import { platformDe } from './words/platformDe';

beforeEach(() => localStorage.setItem('drover-portal-language', 'de'));

afterEach(() => {
  localStorage.clear();
  vi.unstubAllGlobals();
});

async function toFix(findings: { condition: string; because: string }[], platform = 'webOS') {
  serve({
    'GET /portal/devices/a': {
      body: {
        id: 'a',
        name: 'Phone',
        state: 'retired',
        platform,
        effects: [],
        findings: findings.map((finding, i) => ({ ...finding, rule: `${i}` })),
      },
    },
    'GET /portal/devices/a/commands': { body: { items: [] } },
    'GET /portal/devices/a/data': { body: { items: [] } },
  });
  show(
    <LanguageProvider>
      <DevicePage id="a" me={{ abilities: [] } as unknown as Me} />
    </LanguageProvider>,
  );
  return screen.findByRole('region', { name: 'Was zu beheben ist' });
}

it('says in German what to fix, for each condition and each reason', async () => {
  const card = await toFix([
    ...conditions.map((condition) => ({ condition, because: 'It is roaming.' })),
    ...reasons.map((reason) => ({ condition: 'roaming', because: reason.replaceAll('{}', '7') })),
  ]);
  expect(card.querySelectorAll('[lang]')).toHaveLength(0);
  const lines = within(card).getAllByRole('listitem');
  for (const [i, condition] of conditions.entries()) {
    expect(lines[i]?.textContent).toContain(de.conditions[condition]);
  }
  expect(lines).toHaveLength(conditions.length + reasons.length);
});

it('puts what differs into the reason', async () => {
  const card = await toFix([
    { condition: 'system-version', because: "Its system's version 15.1 is below 17.2." },
    { condition: 'forbidden-app', because: 'It has a forbidden application (org.example.mail).' },
    { condition: 'platform', because: 'Its platform, Android, other mail clients, is not allowed.' },
  ]);
  within(card).getByText('Sein System hat die Version 15.1, verlangt ist 17.2 oder neuer.');
  within(card).getByText('Es hat eine verbotene App (org.example.mail).');
  within(card).getByText('Seine Art, Android, andere E-Mail-Apps, ist nicht erlaubt.');
});

it('marks as English what this version does not know', async () => {
  const card = await toFix([{ condition: 'haunted', because: 'It is haunted.' }]);
  expect(within(card).getByText('It is haunted.').lang).toBe('en');
});

it('names each platform in German', async () => {
  for (const name of platformNames) {
    cleanup();
    await toFix([{ condition: 'roaming', because: 'It is roaming.' }], name);
    expect(screen.getByText(platformDe[name]).closest('[lang]')?.getAttribute('lang')).toBe('de');
  }
});
