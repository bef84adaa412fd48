import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import {
  addMailServer,
  button,
  choose,
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

// When devices come for news, and how they are let in: a schedule is made with the keyboard, assigned and explained; users
// are invited, and their invitations taken back.
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

step('a phone comes in', async () => {
  await addMailServer(page, 'Mail', world.mail.url);
  phones = await startPhones(world.zone, { count: 1, platform: 'ios', users: 'ann%d' });
  await goTo(page, 'Devices');
  await table(page, 'Devices').getByText('ann1').first().waitFor();
});

step('without a schedule the page says what one is for', async () => {
  await goTo(page, 'Schedules');
  await page.getByText('No schedule yet').waitFor();
  await fine(page, 'schedules-empty');
});

step('a schedule is made with the keyboard alone', async () => {
  await button(page, 'New schedule').focus();
  await page.keyboard.press('Enter');
  await dialog(page).getByLabel('Name').waitFor();
  await page.keyboard.type('Office');
  await choose(dialog(page), 'By the clocks of', 'Europe/Berlin');
  const day = (name) => dialog(page).getByRole('group', { name, exact: true });
  await day('Friday').getByRole('button', { name: 'Add a peak on Friday' }).focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Friday, peak 2, from').fill('22:00');
  await page.getByLabel('Friday, peak 2, to').fill('02:00');
  await day('Friday').getByText('next day').waitFor();
  await fine(page, 'schedule-new');
  await button(page, 'Save').focus();
  await page.keyboard.press('Enter');
  await table(page, 'Schedules').getByText('Asks every 60 minutes').waitFor();
  const week = table(page, 'Schedules').getByRole('img');
  assert.match(
    await week.getAttribute('aria-label'),
    /Monday to Friday, 08:00 to 18:00; Friday, 22:00 to 02:00 the next day/,
  );
});

step('what cannot be is refused where it stands', async () => {
  await button(page, 'Edit Office').click();
  await dialog(page).getByLabel('Name').fill(' ');
  await button(page, 'Save').click();
  await dialog(page).getByText('Give it a name.').waitFor();
  await fine(page, 'schedule-refused');
  await dialog(page).getByLabel('Name').fill('Office');
  await dialog(page).getByLabel('At other times: minutes between questions').fill('30');
  await button(page, 'Save').click();
  await table(page, 'Schedules').getByText('Asks every 30 minutes').waitFor();
});

step('it is assigned, and explained for a device', async () => {
  await table(page, 'Schedules').getByText('Assigned to nobody: it holds for no device.').waitFor();
  await button(page, 'Assign a schedule').click();
  await fine(page, 'schedule-assign');
  await choose(dialog(page), 'Schedule', 'Office');
  await dialog(page).getByText('Everyone else').click();
  await dialog(page).getByRole('button', { name: 'Assign', exact: true }).click();
  await table(page, 'Assignments').getByText('Everyone else').first().waitFor();
  await table(page, 'Schedules').getByText('Assigned to nobody').waitFor({ state: 'hidden' });
  await page.getByRole('combobox', { name: 'Device' }).click();
  await page.getByRole('option').first().click();
  await page.getByText('which is assigned to everyone else').waitFor();
  await fine(page, 'schedule-device');
});

step('the device’s page shows it', async () => {
  await goTo(page, 'Devices');
  await table(page, 'Devices').getByRole('link').first().click();
  await page.getByRole('heading', { name: 'When it comes for news' }).waitFor();
  await page.getByText('by the clocks of Europe/Berlin').waitFor();
  await fine(page, 'device-schedule');
});

step('a device is invited by its application', async () => {
  await goTo(page, 'Devices');
  await button(page, 'Invite a device').click();
  await choose(dialog(page), 'User', 'ann1');
  await dialog(page).getByText('This zone has no mail server for notices').waitFor();
  await fine(page, 'invite');
  await button(page, 'Make the invitation').click();
  await dialog(page).getByAltText('QR code of the link below').waitFor();
  assert.match(await dialog(page).locator('pre').innerText(), /\/companion\/v1\/start#/);
  await fine(page, 'invited');
  await button(page, 'Done').click();
});

step('the settings of a mail account are shown', async () => {
  await button(page, 'Invite a device').click();
  await choose(dialog(page), 'User', 'ann1');
  await dialog(page).getByText('Mail account', { exact: true }).click();
  await dialog(page).getByText('Leave it empty').first().waitFor();
  await fine(page, 'invite-mail');
  await page.keyboard.press('Escape');
});

step('the open invitation is taken back', async () => {
  await button(page, '1 open invitation').click();
  await fine(page, 'invitations');
  await button(page, 'Take back the invitation of ann1').click();
  await dialog(page).getByText('No invitation is open').waitFor();
  await button(page, 'Close').last().click();
  await goTo(page, 'Users');
  await table(page, 'Users').getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Invitations' }).waitFor();
  await page.getByText('No invitation is open.').waitFor();
});

step('every page of it can be used by everybody', async () => {
  await page.goto('/schedules');
  await heading(page, 'Schedules').waitFor();
  await fineEverywhere(page, { schedules: '/schedules', 'devices-invite': '/devices' });
});

step('nothing complained in the console', () => {
  assert.deepEqual(world.owner.faults, []);
});
