import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { DESKTOP, judge, openPage, picture } from './browser.mjs';
import { startCompanion, startPhones } from './server.mjs';
import {
  addMailServer,
  assignSuite,
  button,
  callApi,
  dialog,
  fine,
  goTo,
  heading,
  openWorld,
  tell,
} from './story.mjs';
import { startTiles } from './tiles.mjs';

// A user with a borrowed phone: who signs in, sees what is known, erases a lost device, takes it back, and leaves no trace.
let world, phones, browser, page, faults, companion, tiles;

/** The least that a phone is wide. */
const SMALL = { width: 360, height: 740 };
const PASSWORD = 'secret';

before(async () => {
  process.env.DROVER_SIM_PASSWORD = PASSWORD; // of every user at the mail server
  world = await openWorld();
  await addMailServer(world.owner.page, 'Mail', world.mail.url);
  await assignSuite(world.owner.page, 'Everybody');
  await forbidSiri(world.owner.page, 'Everybody');
  phones = await startPhones(world.zone, { count: 1, platform: 'android-samsung', users: 'ann@example.org' });
  browser = { context: world.owner.page.context() };
  ({ page, faults } = await openPage(browser));
  await page.setViewportSize(SMALL);
});

after(async () => {
  for (const part of [companion, tiles, phones, world]) await part?.close();
});

/** Asks in a suite for what no Android phone keeps. */
async function forbidSiri(admin, suite) {
  await admin.getByRole('link', { name: suite, exact: true }).first().click();
  await heading(admin, suite).waitFor();
  await admin.getByRole('searchbox', { name: 'Search settings' }).fill('siri');
  for (const who of ['corporate', 'personal']) {
    await admin.locator(`input[aria-label="Allow Siri, ${who} devices"]`).click();
    await admin.getByRole('option', { name: 'No', exact: true }).click();
  }
  await button(admin, 'Save as version 2').click();
  await button(admin, 'Save as version 2').waitFor({ state: 'detached' });
}

const step = tell(() => ({ owner: page }));

const place = (name) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name });
const card = (name) => page.getByRole('region', { name, exact: true });

async function go(name) {
  await place(name).click();
  await heading(page, name).waitFor();
}

step('a wrong password is told, in the language that is chosen', async () => {
  await page.goto(`${world.zone.devices}/portal/`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByLabel('Language').selectOption('de');
  await page.getByLabel('Benutzername').fill('ann@example.org');
  await page.getByLabel('Passwort', { exact: true }).fill('nothing');
  await button(page, 'Anmelden').click();
  await page.getByText('Der Name oder das Passwort ist falsch.').waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'de');
  await fine(page, 'portal-signin-de');
  await page.getByLabel('Sprache').selectOption('en');
});

step('a user signs in with the password of the mail server and sees the device', async () => {
  await page.getByLabel('User name').fill('ann@example.org');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await button(page, 'Sign in').click();
  await heading(page, 'My devices').waitFor();
  await page.getByText('All is well').waitFor();
  await fine(page, 'portal-devices');
});

step('a device says what can be done to it, and what not', async () => {
  await page.getByRole('listitem').getByRole('link').first().click();
  await card('What you can do').waitFor();
  await fine(page, 'portal-device');
});

step('the organization shows what it sees and can do', async () => {
  await page.getByRole('link', { name: 'What your organization sees and can do' }).click();
  await heading(page, 'What your organization sees and can do').waitFor();
  await card('What is collected').getByText('Not collected.').first().waitFor();
  await card('What the policy asks of the device').getByText('Require a password').waitFor();
  assert.equal(await page.getByText(/duress/i).count(), 0);
  await fine(page, 'portal-employer');
  await unfold(/asks for (this|these) too; devices of this kind cannot/);
  await fine(page, 'portal-employer-unfolded');
});

/** Opens what is folded away, by the keyboard alone. */
async function unfold(summary) {
  const folded = page.getByRole('group').filter({ hasText: summary });
  assert.equal(await folded.getByRole('listitem').count(), 0);
  await folded.locator('summary').focus();
  await page.keyboard.press('Enter');
  await folded.getByRole('listitem').first().waitFor();
}

step('the same page is German throughout for who chooses that', async () => {
  await page.getByLabel('Language').selectOption('de');
  await card('Was die Richtlinie vom Gerät verlangt').getByText('Code verlangt', { exact: true }).waitFor();
  assert.deepEqual(await page.locator('main [lang=en]').allTextContents(), []);
  await fine(page, 'portal-employer-de');
  await page.getByLabel('Sprache').selectOption('en');
  await page.getByRole('link', { name: 'Back' }).click();
});

step('erasing everything says what goes and asks for the password again', async () => {
  await phones.close();
  await button(page, 'Erase everything').click();
  await dialog(page).getByText('What goes').waitFor();
  await dialog(page).getByLabel('Password', { exact: true }).fill('nothing');
  await dialog(page).getByRole('button', { name: 'Erase everything' }).click();
  await dialog(page).getByText('The password is wrong.').waitFor();
  await fine(page, 'portal-wipe');
  await dialog(page).getByLabel('Password', { exact: true }).fill(PASSWORD);
  await dialog(page).getByRole('button', { name: 'Erase everything' }).click();
  await card('Orders to this device').getByText('Waits for the device’s next contact').waitFor();
  await fine(page, 'portal-ordered');
});

step('what the device has not got yet is taken back', async () => {
  await page.getByRole('button', { name: 'Take it back: Erase everything' }).click();
  await card('Orders to this device').getByText('Taken back').waitFor();
});

step('a device gets another name', async () => {
  await page.getByLabel('Name of the device').fill('My old phone');
  await button(page, 'Save').click();
  await heading(page, 'My old phone').waitFor();
});

step('the profile for an iPhone is there to fetch', async () => {
  await go('Add a device');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Fetch the profile' }).click(),
  ]);
  const profile = readFileSync(await file.path(), 'utf8');
  assert.ok(profile.includes('com.apple.eas.account') && profile.includes('ann@example.org'), profile);
  assert.ok(profile.includes('com.apple.security.root'), 'the zone’s own authority is not in the profile');
});

step('an invitation is made for a device of one’s own', async () => {
  await button(page, 'Make an invitation').click();
  await dialog(page).getByLabel('Password', { exact: true }).fill(PASSWORD);
  await dialog(page).getByRole('button', { name: 'Make an invitation' }).click();
  await page.getByRole('img', { name: 'The invitation as a QR code' }).waitFor();
  await fine(page, 'portal-enrol');
});

step('one’s data is taken along', async () => {
  await go('My data');
  await page.getByText('Nobody has looked.').waitFor();
  await button(page, 'Download my data').click();
  await dialog(page).getByLabel('Password', { exact: true }).fill(PASSWORD);
  const [archive] = await Promise.all([
    page.waitForEvent('download'),
    dialog(page).getByRole('button', { name: 'Download my data' }).click(),
  ]);
  assert.equal(archive.suggestedFilename(), 'my-data.zip');
  await fine(page, 'portal-data');
});

step('an administrator withholds an order, and the portal no longer offers it', async () => {
  const admin = world.owner.page;
  await goTo(admin, 'Users');
  await button(admin, 'Self-service').click();
  await dialog(admin).getByLabel('Erase their devices completely').uncheck();
  await fine(admin, 'portal-rights');
  await button(admin, 'Save').click();
  await dialog(admin).waitFor({ state: 'detached' });
  await go('My devices');
  await page.getByRole('listitem').getByRole('link').first().click();
  await card('What you can do').getByText('Your organization does not let users do these').waitFor();
  assert.equal(await button(page, 'Erase everything').count(), 0);
});

const asOwner = (...args) => callApi(world.owner.page, ...args);

const map = () => page.getByRole('application', { name: 'Map with 3 positions' });

step('where one’s phone was is seen on a map', async () => {
  const settings = { 'audit.location': true, 'audit.location-exact': true };
  const draft = { name: 'Tells where it is', corporate: settings, personal: settings };
  const suite = await asOwner('POST', '/policies', draft);
  const { items } = await asOwner('GET', '/users');
  const ann = items.find((user) => user.mail === 'ann@example.org').id;
  await asOwner('POST', '/policy-assignments', { kind: 'user', target: ann, suite: suite.id });
  await asOwner('PUT', '/personal/retention', { days: {}, locationHistory: true });
  const { link } = await asOwner('POST', '/enrolment/invitations', { user: ann });
  const at = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
  companion = await startCompanion(world.zone, link, {
    location: [
      { at: at(125), latitude: 47.0707, longitude: 15.4395, accuracy: 50 },
      { at: at(65), latitude: 48.3069, longitude: 14.2858, accuracy: 1500 },
      { at: at(5), latitude: 48.2082, longitude: 16.3738, accuracy: 20 },
    ],
  });
  await go('My data');
  await page.getByRole('link', { name: 'Show: Where the device is' }).click();
  await map().getByText('Germany').waitFor();
  await page.getByText('The pin is on the newest position.').waitFor();
  assert.equal(await page.getByText('to about 1500 m').count(), 1);
  await fine(page, 'portal-map');
  const scale = map().locator('text').last();
  const first = await scale.textContent();
  for (let i = 0; i < 2; i++) await button(page, 'Zoom in').click();
  assert.notEqual(await scale.textContent(), first);
  await button(page, 'Show all').click();
  assert.equal(await scale.textContent(), first);
});

step('the map lies on the organization’s own tiles where there are some', async () => {
  tiles = await startTiles();
  await asOwner('PUT', '/zone/map', { url: tiles.url, attribution: 'Surveyors of Example' });
  await page.reload();
  await page.getByText('Surveyors of Example').waitFor();
  const wanted = await map()
    .locator('image')
    .evaluateAll((list) => list.map((image) => image.getAttribute('href')));
  assert.ok(wanted.length > 0 && wanted.every((address) => address.startsWith(tiles.origin)));
  await page.waitForFunction(
    (list) => list.every((address) => performance.getEntriesByName(address).some((e) => e.responseEnd > 0)),
    wanted,
  );
  assert.ok(tiles.asked.length >= wanted.length);
  assert.ok(tiles.asked.every((a) => a.referrer === undefined && a.cookie === undefined));
  await fine(page, 'portal-map-tiles');
  await asOwner('PUT', '/zone/map', { url: '', attribution: '' });
  await page.reload();
  await map().getByText('Germany').waitFor();
});

const EVERYWHERE = [
  ['phone', SMALL, 'light', 'en'],
  ['phone', SMALL, 'dark', 'de'],
  ['desktop', DESKTOP, 'light', 'de'],
  ['desktop', DESKTOP, 'dark', 'en'],
];

step('every page can be used by everybody: small and large, light and dark, in both languages', async () => {
  const positions = page.url().split('#')[1];
  const device = positions.replace(/\/data.*/, '');
  const found = [];
  for (const [size, viewport, colorScheme, language] of EVERYWHERE) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const path of [
      '/devices',
      device,
      `${device}/employer`,
      positions,
      '/enrol',
      '/data',
      '/account',
      '/nowhere',
    ]) {
      await page.goto(`${world.zone.devices}/portal/#${path}`);
      await page.getByRole('banner').getByRole('combobox').selectOption(language);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page
        .getByLabel(/^(Loading|Wird geladen)$/)
        .last()
        .waitFor({ state: 'detached' });
      if (path === positions) await page.getByText(/^(Germany|Deutschland)$/).waitFor();
      const name = `portal-${path.replaceAll(/[^a-z]+/g, '-')}-${size}-${colorScheme}`;
      await picture(page, name);
      found.push(...(await judge(page)).map((fault) => `${name}, ${language}: ${fault}`));
    }
  }
  await page.setViewportSize(SMALL);
  await page.getByRole('banner').getByRole('combobox').selectOption('en');
  assert.deepEqual(found, []);
});

step('the keyboard alone is enough, and signing out leaves nothing', async () => {
  await page.goto(`${world.zone.devices}/portal/#/devices`);
  await heading(page, 'My devices').waitFor();
  const out = button(page, 'Sign out');
  await out.focus();
  await page.keyboard.press('Enter');
  await button(page, 'Sign in').waitFor();
  await page.goBack();
  await button(page, 'Sign in').waitFor();
  assert.deepEqual(
    (await page.context().cookies(world.zone.devices)).filter((c) => c.name.includes('portal')),
    [],
  );
  assert.deepEqual(faults, []);
});

step('nothing was asked of anybody else', async () => {
  const asked = await page.evaluate(() =>
    performance.getEntriesByType('resource').map((r) => new URL(r.name).origin),
  );
  assert.deepEqual([...new Set(asked)], [new URL(world.zone.devices).origin]);
});
