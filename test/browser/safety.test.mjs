import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startPhones } from './server.mjs';
import {
  addMailServer,
  assignSuite,
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

// What the zone offers and what guards it: its name, doors, mail servers, budgets and the breaker.
let world, page, phones;

before(async () => {
  world = await openWorld();
  page = world.owner.page;
});

after(async () => {
  for (const part of [phones, world]) await part?.close();
});

const step = tell(() => ({ owner: page }));

step('the zone gets a name, which stands everywhere', async () => {
  await button(page, 'Rename the zone').click();
  await dialog(page).getByLabel('Name').fill('Example Hospital');
  await fine(page, 'zone-rename');
  await button(page, 'Rename').click();
  await page.getByText('The zone is called Example Hospital.').waitFor();
  await page.getByRole('navigation', { name: 'Main' }).getByText('Example Hospital').waitFor();
  await goTo(page, 'Devices');
  await heading(page, 'Devices').waitFor();
  assert.equal(await page.title(), 'Devices · Example Hospital');
});

step('a service is switched off, after it said what that ends, and on again', async () => {
  await goTo(page, 'Services');
  const door = table(page, 'What devices call').getByRole('switch', { name: /^autodiscover/ });
  await door.click();
  await dialog(page).getByText('Phones no longer find the server').waitFor();
  await fine(page, 'service-off');
  await button(page, 'Switch it off').click();
  await page.getByText('autodiscover is off, on every server of the zone.').waitFor();
  await page.getByRole('switch', { name: 'autodiscover: Off' }).click();
  await page.getByRole('switch', { name: 'autodiscover: On' }).waitFor();
  await page.getByText('admin-api').waitFor();
  await page.getByRole('switch', { name: /does not have yet/ }).click();
  await page.getByText('join-proxy').waitFor();
});

step('a mail server is tested before it is saved, and an edit says what it means', async () => {
  await goTo(page, 'Mail servers');
  await button(page, 'Add a mail server').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Main mail');
  await dialog(page).getByLabel('Address').fill(world.mail.url);
  await button(page, 'Test this, unsaved').click();
  await dialog(page).getByText('asks for credentials').first().waitFor();
  await fine(page, 'mail-server-trial');
  await button(page, 'Save').click();
  await page.getByText('Added. It is being tested.').waitFor();
  await button(page, 'Close').click();
  await button(page, 'Edit').click();
  await dialog(page).getByText('What this change means').waitFor({ state: 'detached' });
  await dialog(page).getByLabel('Address').fill('https://other.example.org');
  await dialog(page).getByText('Passwords and mail of its users go to the new address').waitFor();
  await fine(page, 'mail-server-edit');
  await button(page, 'Cancel').click();
});

step('mail servers have an order, and people can be sent to one', async () => {
  await addMailServer(page, 'Second mail', world.mail.url);
  await button(page, 'Close').click();
  await button(page, 'Move Second mail up').click();
  await page.getByRole('main').getByRole('heading', { level: 2 }).first().getByText('Second mail').waitFor();
  assert.ok(await button(page, 'Move Second mail up').isDisabled(), 'it is the first');
  await button(page, 'Move Second mail down').click();
  await page.getByRole('main').getByRole('heading', { level: 2 }).first().getByText('Main mail').waitFor();

  await goTo(page, 'Users');
  await button(page, 'Add a user').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('sent');
  await button(page, 'Save').click();
  await table(page, 'Users').getByText('sent', { exact: true }).waitFor();
  await goTo(page, 'Mail servers');
  await button(page, 'Send somebody…').click();
  await choose(dialog(page), 'User', 'sent');
  await choose(dialog(page), 'Mail server', 'Second mail');
  await fine(page, 'mail-server-send');
  await dialog(page).getByRole('button', { name: 'Send', exact: true }).click();
  await table(page, 'Who is sent where').getByText('sent', { exact: true }).waitFor();
  await button(page, 'Do not send sent any more').click();
  await page.getByText('Nobody is sent by name or group').waitFor();
});

step('a look at a phone number asks for a reason, and says that none is known', async () => {
  await assignSuite(page, 'Everyone');
  phones = await startPhones(world.zone, { count: 3, platform: 'ios', users: 'anna%d' });
  await goTo(page, 'Devices');
  await page.getByText('3 of 3 devices').waitFor();
  await table(page, 'Devices').getByText('Acknowledged').nth(2).waitFor();
  await table(page, 'Devices').getByRole('link').first().click();
  await button(page, 'Show the phone number').click();
  assert.ok(await button(page, 'Show').isDisabled(), 'no reason, no look');
  await dialog(page).getByLabel('Reason').fill('To call the finder');
  await fine(page, 'reveal-phone');
  await button(page, 'Show').click();
  await dialog(page).getByText('Nothing is known').waitFor();
  await button(page, 'Done').click();
});

/** Sets the budget of one administrator. */
async function allow(hour, day) {
  await goTo(page, 'Safety');
  await button(page, 'Change the rules…').click();
  await dialog(page).getByLabel('One administrator: acts an hour').fill(String(hour));
  await dialog(page).getByLabel('One administrator: acts a day').fill(String(day));
}

step('rules are changed: what is tighter holds at once, what is looser says so', async () => {
  await allow(4, 4);
  await dialog(page).getByText('These rules are tighter').waitFor();
  await fine(page, 'safety-change');
  await button(page, 'Change the rules').click();
  await page.getByText('The rules are changed.').waitFor();
  await table(page, 'Budgets')
    .getByRole('row', { name: /^One administrator 4 4/ })
    .waitFor();
  await button(page, 'Change the rules…').click();
  await dialog(page).getByLabel('Time to cancel, several devices: how many').fill('0');
  await dialog(page).getByText('These rules are looser').waitFor();
  await button(page, 'Change the rules').click();
  await table(page, 'Approval and delay')
    .getByRole('row', { name: /^Time to cancel, several devices None/ })
    .waitFor();
});

step('an act over a budget opens the breaker, and an administrator closes it', async () => {
  await phones.close();
  await goTo(page, 'Devices');
  await page.getByLabel('Select all 3 loaded devices').click();
  await button(page, 'Send a command').click();
  await page.getByRole('menuitem', { name: 'Selective wipe…' }).click();
  await dialog(page).getByLabel('Reason').fill('They left');
  await button(page, 'Selective wipe, 3 devices').click();
  await page.getByText('Asked for 3 devices').waitFor();
  await allow(1, 1);
  await button(page, 'Change the rules').click();
  await table(page, 'Budgets')
    .getByRole('row', { name: /^One administrator 1 1/ })
    .waitFor();
  phones = await startPhones(world.zone, { count: 3, platform: 'ios', users: 'anna%d' });
  await page.getByText('Nothing destructive is carried out').waitFor();
  await fineEverywhere(page, { 'safety-open': '/safety', 'overview-open': '/' });
  await page.getByRole('link', { name: 'Look, and close it' }).click();
  await button(page, 'Close the breaker…').click();
  await dialog(page).getByLabel('Reason').fill('All three were meant');
  await fine(page, 'breaker-close');
  await dialog(page).getByRole('button', { name: 'Close the breaker', exact: true }).click();
  await page.getByText('The breaker is closed.').waitFor();
});

step('a sealed reason is shown for a reason, and the look is recorded', async () => {
  await page.goto('/devices?state=active'); // one of them is wiped, and out of service already
  await table(page, 'Devices').getByRole('link').first().click();
  await button(page, 'More').click();
  await page.getByRole('menuitem', { name: 'Take it out of service' }).click();
  await dialog(page).getByLabel('Reason').fill('The screen is broken');
  await button(page, 'Take it out of service').click();
  await page.getByText('It is out of service.').waitFor();
  await page.getByRole('tab', { name: 'Audit' }).click();
  const open = (name) => table(page, 'Audit log').getByRole('button', { name }).first().click();
  await open('Device retired');
  await dialog(page).getByText('Sealed, with the personal values').waitFor();
  await button(page, 'Show its personal values').click();
  await dialog(page).last().getByLabel('Reason').fill('To see what was meant');
  await button(page, 'Show').click();
  await page.getByText('The screen is broken').waitFor();
  await fine(page, 'reveal-audit');
  await button(page, 'Done').click();
  await page.keyboard.press('Escape');
  await open('Personal looked');
});

step('every page of it can be used by everybody', async () => {
  await fineEverywhere(page, {
    services: '/services',
    safety: '/safety',
    'mail-servers-two': '/mail-servers',
  });
});

step('nothing complained in the console', () => {
  assert.deepEqual(world.owner.faults, []);
});
