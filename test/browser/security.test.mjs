import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { button, dialog, fine, fineEverywhere, goTo, heading, openWorld, tell } from './story.mjs';

// What the security officer looks at: the layers of security as they stand, the server's own log as it grows, and the log
// of synchronisations, which is off until somebody says for how long it is kept.
let world, page;

before(async () => {
  world = await openWorld();
  page = world.owner.page;
});

after(() => world?.close());

const step = tell(() => ({ owner: page }));

step('the five layers are read live, with what to do about each weak point', async () => {
  await goTo(page, 'Security layers');
  for (const layer of ['Links to other servers', 'Data at rest', 'Logs', 'Links with devices and people', 'Devices'])
    await page.getByRole('heading', { name: layer, exact: true }).waitFor();
  await page.getByText('Its owner alone may read it, and it is bounded.').waitFor();
  await page.getByText('Name another machine: --audit-syslog tls://HOST:PORT.').waitFor();
});

step('the log of the server grows under the eyes of its reader, and is narrowed', async () => {
  await goTo(page, 'Server log');
  await heading(page, 'Server log').waitFor();
  await page.getByRole('button', { name: 'request', exact: true }).first().waitFor();
  await page.getByLabel('Search the log').fill('no such words');
  await page.getByText('No such line').waitFor();
  assert.match(page.url(), /search=/);
});

step('synchronisations are kept only when somebody says so', async () => {
  await goTo(page, 'Synchronisations');
  await page.getByText('Nothing is kept', { exact: true }).waitFor();
  await button(page, 'Not kept').click();
  await dialog(page).getByLabel('Days').fill('7');
  await fine(page, 'sync-log-keeping');
  await button(dialog(page), 'Save').click();
  await button(page, 'Kept for 7 days').waitFor();
});

step('everybody can use the pages', () =>
  fineEverywhere(page, { security: '/security', 'server-log': '/logs', 'sync-log': '/sync-log' }));
