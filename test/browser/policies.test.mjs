import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import {
  addMailServer,
  assignSuite,
  button,
  dialog,
  fine,
  fineEverywhere,
  goTo,
  heading,
  openWorld,
  table,
  tell,
} from './story.mjs';
import { startPhones } from './server.mjs';

// The policies of a zone with phones: found among many settings, locked, simulated, rolled out, explained.
let world, page, phones;

before(async () => {
  world = await openWorld();
  page = world.owner.page;
});

after(async () => {
  await phones?.close();
  await world?.close();
});

const step = tell(() => ({ owner: page }));

const field = (title, who = 'corporate') => page.locator(`input[aria-label="${title}, ${who} devices"]`);

step('phones come in under a suite', async () => {
  await addMailServer(page, 'Mail', world.mail.url);
  await assignSuite(page, 'Everyone');
  phones = await startPhones(world.zone, { count: 4, platform: 'ios', users: 'ann%d' });
  await goTo(page, 'Devices');
  await table(page, 'Devices').getByText('ann1').first().waitFor();
});

step('a setting is found among all, changed and locked', async () => {
  await goTo(page, 'Policy suites');
  await page.getByRole('link', { name: 'Everyone', exact: true }).click();
  await heading(page, 'Everyone').waitFor();
  const rail = page.getByRole('navigation', { name: 'Categories' });
  await rail.getByRole('button', { name: /Audit tracking/ }).click();
  await field('Phone log').waitFor();
  assert.equal(await field('Phone log').inputValue(), '');
  await page.getByRole('searchbox', { name: 'Search settings' }).fill('inactivity');
  await field('Lock after inactivity').fill('120');
  await page.getByRole('button', { name: 'Lock Lock after inactivity, corporate devices' }).click();
  await page.getByRole('searchbox', { name: 'Search settings' }).fill('wi-fi');
  await field('Allow Wi-Fi').click();
  await page.getByRole('option', { name: 'No', exact: true }).click();
  await page.getByText('2 changes not saved').waitFor();
  await page.getByText('Changed', { exact: true }).click();
  await fine(page, 'suite-changed');
});

step('what contradicts itself is refused where it stands', async () => {
  await page.getByText('All', { exact: true }).click();
  await page.getByRole('searchbox', { name: 'Search settings' }).fill('duress');
  await field('Duress notification').click();
  await page.getByRole('option', { name: 'Yes', exact: true }).click();
  await page.getByRole('button', { name: 'Save as version 2' }).click();
  await page.getByText('A duress notification needs the address').first().waitFor();
  await page.getByLabel('Do not set Duress notification').first().click();
});

step('the change is simulated, and the devices are listed', async () => {
  await button(page, 'What would change').click();
  await dialog(page).getByText('Would fall out of policy').waitFor();
  await fine(page, 'suite-simulation');
  await dialog(page).getByRole('tab', { name: 'Devices that fall out' }).click();
  await table(page, 'Devices that fall out').getByText('Allow Wi-Fi').first().waitFor();
  await fine(page, 'suite-simulation-devices');
  await page.keyboard.press('Escape');
});

step('it is rolled out to some, paused, and finished', async () => {
  await button(page, 'Roll out').click();
  await fine(page, 'suite-rollout');
  await button(page, 'Start').click();
  await page.getByText('Version 2 is being rolled out').waitFor();
  await button(page, 'Pause').click();
  await page.getByText('It is paused.').waitFor();
  await button(page, 'Change').click();
  await dialog(page).getByLabel('Rise by itself').fill('20');
  await button(page, 'Save').click();
  await page.getByText('The new version is in force for').waitFor();
  await fine(page, 'suite-rolling');
  await button(page, 'Finish').click();
  await page.getByText('Version 2 is in force for all').waitFor();
});

step('a device says which suite each value comes from', async () => {
  await goTo(page, 'Devices');
  await table(page, 'Devices').getByRole('link').first().click();
  await page.getByRole('tab', { name: 'Policy' }).click();
  await table(page, 'Suites that reach it').getByText('Everyone', { exact: true }).waitFor();
  await page.getByText('120 seconds, locked').waitFor();
  await fine(page, 'device-policy-layers');
});

step('every page of policies can be used by everybody', async () => {
  await page.goto('/policies');
  const suite = await table(page, 'Policy suites').getByRole('link').first().getAttribute('href');
  await fineEverywhere(page, { policies: '/policies', suite, 'suite-preview': `${suite}?tab=preview` });
});

step('nothing complained in the console', () => {
  assert.deepEqual(world.owner.faults, []);
});
