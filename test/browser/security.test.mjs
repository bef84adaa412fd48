import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
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
  await page.getByText('to look at').first().waitFor();
  await page.getByText('Name another machine: --audit-syslog tls://HOST:PORT.').waitFor();
  await page.locator('summary').filter({ hasText: 'of Logs' }).first().click();
  await page.getByText('Its owner alone may read it, and it is bounded.').waitFor();
});

step('the check for updates is off, is set up, and says what went wrong', async () => {
  await page.locator('summary').filter({ hasText: 'of Links to other servers' }).first().click();
  await page.getByText('Off: nothing is ever fetched.').waitFor();
  await goTo(page, 'Updates');
  await page.getByText('The check is off').waitFor();
  await button(page, 'Set up the check').click();
  await dialog(page).getByLabel('Ask once a day').click();
  await dialog(page).getByLabel('Address of the manifest').fill('http://127.0.0.1:1/m.json');
  await button(dialog(page), 'Save').click();
  await dialog(page).getByText('Give the Ed25519 public key').waitFor();
  await dialog(page).getByLabel('Address of the manifest').fill('https://127.0.0.1:1/m.json');
  await dialog(page)
    .getByLabel('Public key')
    .fill(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
  await fine(page, 'updates-form');
  await button(dialog(page), 'Save').click();
  await button(page, 'Check now').click();
  await page.getByText('The last answer was not believed, or there was none').waitFor();
  await fine(page, 'updates-failed');
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
  fineEverywhere(page, { security: '/security', updates: '/updates', 'server-log': '/logs', 'sync-log': '/sync-log' }));
