import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { startPhones } from './server.mjs';
import {
  addMailServer,
  button,
  choose,
  dialog,
  fine,
  fineEverywhere,
  goTo,
  openWorld,
  table,
  takeFromMenu,
  tell,
} from './story.mjs';

// Many devices at once: groups, columns and their export, saved views, commands to several, and the rules for all.
let world, page, phones;

before(async () => {
  world = await openWorld();
  page = world.owner.page;
  await addMailServer(page, 'Main mail', world.mail.url);
  phones = await startPhones(world.zone, { count: 5, platform: 'ios', users: 'anna%d' });
  await goTo(page, 'Devices');
  await page.getByText('5 of 5 devices').waitFor();
});

after(async () => {
  for (const part of [phones, world]) await part?.close();
});

const step = tell(() => ({ owner: page }));

const pick = (name) => table(page, 'Devices').getByRole('row', { name }).getByRole('checkbox').check();

step('ticked devices are put into a group, which then narrows the list', async () => {
  await goTo(page, 'Groups');
  await page.getByRole('tab', { name: 'Groups of devices' }).click();
  await button(page, 'New group').click();
  await dialog(page).getByLabel('Name').fill('Ward 3');
  await button(page, 'Create').click();
  await table(page, 'Groups of devices').getByText('Ward 3').waitFor();
  await goTo(page, 'Devices');
  for (const name of [/anna1/, /anna2/, /anna3/]) await pick(name);
  await fine(page, 'devices-ticked');
  await button(page, 'Put into a group').click();
  await takeFromMenu(page, 'Ward 3');
  await page.getByText('3 devices put into Ward 3.').waitFor();
  await choose(page, 'Group', 'Ward 3');
  await page.getByText('3 of 3 devices').waitFor();
});

step('a device is taken out of its group, and put back, on the group’s own page', async () => {
  await goTo(page, 'Groups');
  await page.getByRole('tab', { name: 'Groups of devices' }).click();
  await button(page, 'Ward 3').click();
  await dialog(page).getByText('3 devices in this group').waitFor();
  await dialog(page)
    .getByRole('button', { name: /^Take .*anna1.* out$/ })
    .click();
  await dialog(page).getByText('2 devices in this group').waitFor();
  await choose(dialog(page), 'Add a device', /anna1/);
  await dialog(page).getByRole('button', { name: 'Add', exact: true }).click();
  await dialog(page).getByText('3 devices in this group').waitFor();
  await fine(page, 'device-group-members');
  await page.keyboard.press('Escape');
});

/** The lines of the file that Export gives. */
async function exported() {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export' }).click(),
  ]);
  return readFileSync(await file.path(), 'utf8')
    .trim()
    .split('\r\n');
}

step('the export holds the columns and the devices that are shown', async () => {
  await goTo(page, 'Devices');
  await page.getByLabel('Search devices').fill('anna2');
  await page.getByText('1 of 1 device').waitFor();
  let [head, ...rows] = await exported();
  assert.equal(head, 'name,user,platform,access,policy,last contact,os');
  assert.equal(rows.length, 1);
  await button(page, 'Columns').click();
  const column = (name) => page.getByRole('checkbox', { name, exact: true });
  for (const name of ['Policy', 'Last contact', 'System', 'Mail']) await column(name).uncheck();
  await column('Mail server').check();
  await fine(page, 'devices-columns');
  await page.keyboard.press('Escape');
  [head, ...rows] = await exported();
  assert.equal(head, 'name,user,platform,mail server');
  assert.match(rows[0], /^[^,]*,anna2,[^,]*,Main mail$/);
});

step('a view keeps filters and columns, is opened, and removed', async () => {
  await button(page, 'Views').click();
  await button(page, 'Save this view…').click();
  await dialog(page).getByLabel('Name').fill('Two');
  await fine(page, 'view-save');
  await button(page, 'Save').click();
  await page.getByText('The view “Two” is saved.').waitFor();
  await button(page, 'Clear').click();
  await button(page, 'Columns').click();
  await button(page, 'As it was').click();
  await page.keyboard.press('Escape');
  await page.getByRole('columnheader', { name: 'Policy' }).waitFor();
  await button(page, 'Views').click();
  await fine(page, 'views');
  await button(page, 'Two').click();
  await page.getByText('1 of 1 device').waitFor();
  await page.getByRole('columnheader', { name: 'Mail server' }).waitFor();
  await button(page, 'Views').click();
  await button(page, 'Delete the view Two').click();
  await page.getByText('No saved view yet').waitFor();
  await page.keyboard.press('Escape');
  await button(page, 'Clear').click();
  await page.getByText('5 of 5 devices').waitFor();
});

step('what several devices cannot do is said before it is asked', async () => {
  for (const name of [/anna4/, /anna5/]) await pick(name);
  await button(page, 'Send a command').click();
  await takeFromMenu(page, 'Lock…');
  await dialog(page).getByText('2 devices cannot do this and will be left out').waitFor();
  await dialog(page).getByLabel('Reason').fill('Lost');
  assert.ok(await button(page, 'Lock, 0 devices').isDisabled());
  await fine(page, 'bulk-unable');
  await button(page, 'Cancel').click();
});

step('a command to several devices waits, can be cancelled for one, and is done by the others', async () => {
  await button(page, 'Send a command').click();
  await takeFromMenu(page, 'Selective wipe…');
  await dialog(page).getByText('This goes').waitFor();
  await dialog(page).getByLabel('Reason').fill('They left');
  await fine(page, 'bulk-wipe');
  await button(page, 'Selective wipe, 2 devices').click();
  await page.getByText('Asked for 2 devices').waitFor();
  await goTo(page, /^Commands/);
  await table(page, 'Commands').getByText('Delayed').nth(1).waitFor();
  await fineEverywhere(page, { 'commands-delayed': '/commands' });
  await table(page, 'Commands').getByRole('button', { name: 'Selective wipe' }).first().click();
  await button(page, 'Cancel the command').click();
  await dialog(page).last().getByRole('button', { name: 'Cancel the command', exact: true }).click();
  await page.getByText('The command is cancelled.').waitFor();
  await page.keyboard.press('Escape');
  await table(page, 'Commands').getByText('Cancelled').waitFor();
  await table(page, 'Commands').getByText('Delayed').waitFor();
});

step('rules decide in their order, and say to any device why', async () => {
  await goTo(page, 'Access rules');
  for (const [name, match, pattern, decision] of [
    ['Our phones', 'Platform', 'iOS and iPadOS Mail', 'Allow'],
    ['Anna one', 'User', 'anna1', 'Block'],
  ]) {
    await button(page, 'Add a rule').click();
    await dialog(page).getByLabel('Name', { exact: true }).fill(name);
    await choose(dialog(page), 'What it looks at', match);
    await choose(dialog(page), match, pattern);
    await dialog(page).getByText(decision, { exact: true }).click();
    await button(page, 'Save').click();
    await page.getByRole('listitem').filter({ hasText: name }).waitFor();
  }
  await page.getByText('User is anna1.').waitFor();
  const verdict = page.getByRole('region', { name: 'Try the rules on a device' });
  const tryOn = async (user) => {
    await page.getByRole('combobox', { name: 'Device', exact: true }).fill(user);
    await page.getByRole('option', { name: `(${user})` }).click();
    await button(page, 'Try').click();
  };
  await tryOn('anna1');
  await verdict.getByText('Allowed', { exact: true }).waitFor();
  await fine(page, 'access-tried');
  await button(page, 'Move Anna one up').click();
  await page.getByText('Anna one is now rule 1 of 2.').waitFor();
  await button(page, 'Try').click();
  await verdict.getByText('Blocked', { exact: true }).waitFor();
  await tryOn('anna2');
  await verdict.getByText('Allowed', { exact: true }).waitFor();
  await page.getByText('Block', { exact: true }).last().click();
  await page.getByText('It holds from every device’s next request.', { exact: true }).waitFor();
});

step('every page of it can be used by everybody', async () => {
  await fineEverywhere(page, {
    'devices-many': '/devices',
    'access-rules-two': '/access',
    'device-groups-filled': '/groups?kind=device-groups',
  });
});

step('nothing complained in the console', () => {
  assert.deepEqual(world.owner.faults, []);
});
