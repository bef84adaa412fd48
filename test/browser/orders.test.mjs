import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { openPage } from './browser.mjs';
import { startApplications } from './server.mjs';
import { button, callApi, dialog, heading, openWorld, PASSWORD, takeFromMenu, tell } from './story.mjs';

// Every order of the companion protocol, given by clicks: from the dashboard by an administrator, and from the portal by the
// user. The phones are of a platform that takes them all; the last order is for a phone of its own, of which nothing is left.
const PLATFORM = 'android-native/3.0';
const ORDERS = [
  'message',
  'locate',
  'request-log',
  'update-inventory',
  'lock',
  'clear-passcode',
  'wipe-card',
  'selective-wipe',
  'full-wipe',
];
const IN_PORTAL = {
  message: 'Show a message',
  locate: 'Find it',
  'request-log': 'Fetch its log',
  'update-inventory': 'Refresh what it tells',
  lock: 'Lock',
  'clear-passcode': 'Clear the passcode',
  'wipe-card': 'Erase the storage card',
  'selective-wipe': 'Erase the organization’s data',
  'full-wipe': 'Erase everything',
};

let world, page, portal, phones, user;

const api = (...args) => callApi(page, ...args);
const step = tell(() => ({ owner: page, portal }));

/** Two phones of ann's, by their ids. */
async function bringIn(seed) {
  const known = new Set((await devices()).map((d) => d.id));
  const { link } = await api('POST', '/enrolment/invitations', { user: user.id, uses: 2 });
  phones = [...(phones ?? []), await startApplications(world.zone, { count: 2, platform: PLATFORM, link, seed })];
  for (;;) {
    const fresh = (await devices()).filter((d) => !known.has(d.id));
    if (fresh.length === 2) return fresh.map((d) => d.id);
    await page.waitForTimeout(250);
  }
}

const devices = async () => (await api('GET', '/devices?limit=100')).items;

/** Waits until the phone has done the order, and answers how often it was ordered. */
async function done(id, kind) {
  for (;;) {
    const list = (await api('GET', `/devices/${id}/commands`)).items.filter((c) => c.kind === kind);
    if (list.every((c) => c.state === 'done')) return list.length;
    assert.ok(!list.some((c) => ['failed', 'refused', 'cancelled'].includes(c.state)), JSON.stringify(list));
    await page.waitForTimeout(250);
  }
}

before(async () => {
  world = await openWorld();
  page = world.owner.page;
  const settings = { 'audit.location': true, 'audit.device-log': true };
  const suite = await api('POST', '/policies', { name: 'Everything', corporate: settings, personal: settings });
  await api('POST', '/policy-assignments', { kind: 'default', suite: suite.id });
  user = await api('POST', '/users', { name: 'ann', password: PASSWORD });
  ({ page: portal } = await openPage({ context: page.context() }));
});

after(async () => {
  for (const part of [...(phones ?? []), world]) await part?.close();
});

step('an administrator gives each order from the dashboard, and the phone does it', async () => {
  const [phone, lost] = await bringIn('dashboard');
  for (const kind of ORDERS) {
    const id = kind === 'full-wipe' ? lost : phone;
    const { capabilities } = await api('GET', `/devices/${id}`);
    const { label, typed, destructive } = capabilities.find((c) => c.kind === kind);
    await page.goto(`/devices/${id}?tab=commands`);
    await button(page, 'Send a command').click();
    await takeFromMenu(page, `${label}…`);
    const order = dialog(page);
    await order.getByLabel('Reason').fill('A try');
    if (kind === 'message') await order.getByLabel('Message').fill('Please call the help desk.');
    if (typed) {
      const asked = await order.getByText('Type the device’s name to confirm').textContent();
      await order.getByLabel(/Type the device/).fill(asked.split(': ').slice(1).join(': '));
    } else if (destructive) await order.getByRole('checkbox').check();
    await order.getByRole('button', { name: label, exact: true }).click();
    await order.waitFor({ state: 'detached' });
    assert.equal(await done(id, kind), 1, kind);
    await page.getByRole('article').first().getByText('Done', { exact: true }).first().waitFor();
  }
});

step('a user gives each order from the portal, and the phone does it', async () => {
  const [phone, lost] = await bringIn('portal');
  await portal.goto(`${world.zone.devices}/portal/`);
  await portal.getByLabel('User name').fill('ann');
  await portal.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await button(portal, 'Sign in').click();
  await heading(portal, 'My devices').waitFor();
  for (const kind of ORDERS) {
    const id = kind === 'full-wipe' ? lost : phone;
    await portal.goto(`${world.zone.devices}/portal/#/devices/${id}`);
    const acts = portal.getByRole('region', { name: 'What you can do', exact: true });
    await acts.getByRole('button', { name: IN_PORTAL[kind], exact: true }).click();
    const order = dialog(portal);
    if (kind === 'message') await order.getByLabel('Your message').fill('Where are you?');
    const proof = order.getByLabel('Password', { exact: true });
    if (await proof.count()) await proof.fill(PASSWORD);
    await order.getByRole('button', { name: IN_PORTAL[kind], exact: true }).click();
    await order.waitFor({ state: 'detached' });
    assert.equal(await done(id, kind), 1, kind);
    const orders = portal.getByRole('region', { name: 'Orders to this device', exact: true });
    await orders.getByText(IN_PORTAL[kind]).first().waitFor();
  }
});
