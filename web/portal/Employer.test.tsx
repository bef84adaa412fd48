import { cleanup, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serve, show } from '../src/test/show';
import type { Demand } from './api';
import { EmployerPage } from './Employer';
import { LanguageProvider } from './language';
import { settingCategories, settings, type SettingWords } from './settings';
import { settingsDe } from './words/settingsDe';

beforeEach(() => localStorage.setItem('drover-portal-language', 'de'));

afterEach(() => {
  localStorage.clear();
  vi.unstubAllGlobals();
});

const values: Record<Demand['kind'], Pick<Demand, 'value' | 'list'>> = {
  bool: { value: 'yes', list: [] },
  number: { value: '1', list: [] },
  choice: { value: '', list: [] },
  text: { value: 'Mail', list: [] },
  list: { value: '', list: ['Files', 'Contacts'] },
  files: { value: '', list: ['/etc/motd'] },
};

/** A demand of each setting, and of each of its choices. */
const demands = settings.flatMap(({ options, ...setting }): Demand[] =>
  (options.length > 0 ? options : [undefined]).map((choice) => ({
    ...setting,
    ...values[setting.kind],
    ...(choice && { value: choice }),
    key: `${setting.key} ${choice}`,
    kept: true,
  })),
);

async function page(of: Demand[]) {
  serve({
    'GET /portal/devices/a': { body: { name: 'Phone' } },
    'GET /portal/devices/a/employer': { body: { facts: [], collects: [], effects: [], demands: of } },
  });
  show(
    <LanguageProvider>
      <EmployerPage id="a" />
    </LanguageProvider>,
  );
  return screen.findByRole('region', { name: 'Was die Richtlinie vom Gerät verlangt' });
}

describe('what the policy asks, in German', () => {
  it('is German for each setting and each choice', async () => {
    const card = await page(demands);
    expect(card.querySelectorAll('[lang]')).toHaveLength(0);
    const lines = within(card).getAllByRole('listitem');
    expect(lines).toHaveLength(demands.length);
    const order = Object.keys(settingCategories);
    const sorted = demands.toSorted((a, b) => order.indexOf(a.category) - order.indexOf(b.category));
    const inGerman = (text: string) => settingsDe[text as SettingWords];
    for (const [i, demand] of sorted.entries()) {
      expect(lines[i]?.textContent).toContain(`${inGerman(demand.title)}: `);
      expect(lines[i]?.textContent).toContain(inGerman(demand.help));
      if (demand.kind === 'choice') expect(lines[i]?.textContent).toContain(`: ${inGerman(demand.value)}`);
    }
  });

  it('stands under the name of its category', async () => {
    const card = await page(demands);
    const headings = within(card).getAllByRole('heading', { level: 3 });
    expect(headings.map((heading) => heading.textContent)).toEqual(
      Object.values(settingCategories).map((title) => settingsDe[title]),
    );
  });

  it('leaves an administrator’s own texts as they are', async () => {
    const card = await page(demands.filter(({ kind }) => ['text', 'list', 'files'].includes(kind)));
    for (const line of within(card).getAllByRole('listitem')) {
      expect(line.textContent).toMatch(/: (Mail|Files, Contacts|\/etc\/motd)/);
    }
  });

  it('counts one and several', async () => {
    const expiration = demands.find(({ key }) => key.startsWith('password.expiration'))!;
    const attachment = demands.find(({ key }) => key.startsWith('sync.max-attachment'))!;
    const card = await page([
      expiration,
      { ...expiration, key: 'several', value: '30' },
      { ...attachment, value: '1048576' },
    ]);
    const told = within(card)
      .getAllByRole('listitem')
      .map((line) => line.querySelector('p')?.textContent?.split(': ')[1]);
    expect(told).toEqual(['1 Tag', '30 Tage', '1.048.576 Byte']);
  });

  it('says in words that a number bounds or asks nothing', async () => {
    const idle = demands.find(({ key }) => key.startsWith('lock.inactivity'))!;
    const length = demands.find(({ key }) => key.startsWith('password.min-length'))!;
    const card = await page([
      { ...idle, value: 'no-limit' },
      { ...length, value: 'none' },
    ]);
    const told = within(card)
      .getAllByRole('listitem')
      .map((line) => line.querySelector('p')?.textContent?.split(': ')[1]);
    expect(told).toEqual(['keine Grenze', 'nichts verlangt']);
  });

  it('folds away what the device does not keep', async () => {
    const [kept, ...others] = demands.filter(({ kind }) => kind === 'bool').slice(0, 3) as [
      Demand,
      ...Demand[],
    ];
    const card = await page([kept, ...others.map((demand) => ({ ...demand, kept: false }))]);
    const folded = within(card).getByRole('group');
    expect(folded.hasAttribute('open')).toBe(false);
    expect(folded.querySelector('summary')?.textContent).toBe(
      'Das verlangt Ihre Organisation auch; Geräte dieser Art können es nicht, oder es ist nicht bekannt, ob sie es tun: 2',
    );
    const lines = [...card.querySelectorAll('li')];
    expect(lines.map((line) => folded.contains(line))).toEqual([false, true, true]);
  });

  it('says that nothing is asked only where that is so', async () => {
    const nothing = 'Die Richtlinie verlangt von diesem Gerät nichts.';
    expect(within(await page([])).queryByText(nothing)).not.toBeNull();
    cleanup();
    expect(within(await page([{ ...demands[0]!, kept: false }])).queryByText(nothing)).toBeNull();
  });
});
