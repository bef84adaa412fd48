import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { addAuthenticator, openBrowser, openPage } from './browser.mjs';
import { startMail, startPhones, startZone } from './server.mjs';
import {
  button,
  choose,
  dialog,
  fine,
  fineEverywhere,
  giveToEverybody,
  goTo,
  heading,
  OWNER,
  PASSWORD,
  signIn,
  table,
  tell,
} from './story.mjs';
import { code } from './totp.mjs';

// One story, told in order: a zone from its first administrator to a wiped phone.
let zone, mail, phones, first, second, owner, helper;

before(async () => {
  zone = await startZone();
  mail = await startMail();
  first = await openBrowser(zone);
  owner = await openPage(first);
});

after(async () => {
  for (const part of [first, second, phones, mail, zone]) await part?.close();
});

const step = tell(() => ({ owner: owner.page, ...(helper && { helper: helper.page }) }));

async function useLink(page, token, name) {
  await page.goto(`/setup#token=${token}`);
  if (name) await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password again', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: name ? 'Create the owner' : 'Continue' }).click();
}

step('a link that is no link says what to do', async () => {
  await owner.page.goto('/setup#token=nothing');
  await heading(owner.page, 'This link does not work any more').waitFor();
});

step('the one-time link makes the owner, with a second factor', async () => {
  const { page } = owner;
  await page.goto('/');
  await heading(page, 'Sign in').waitFor();
  await page.goto(`/setup#token=${zone.token}`);
  await page.getByLabel('Your name').fill(OWNER);
  await page.getByLabel('Password', { exact: true }).fill('short');
  await button(page, 'Create the owner').click();
  await page.getByText('Use at least 12 characters').waitFor();
  assert.ok(!page.url().includes(zone.token), 'the secret has left the address bar');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password again', { exact: true }).fill(PASSWORD);
  await button(page, 'Create the owner').click();

  await heading(page, 'Add a second factor').waitFor();
  await button(page, 'Use an authenticator app').click();
  owner.secret = (await page.locator('pre').first().textContent()).trim();
  await page.getByLabel('Code from the app').fill(code(owner.secret, -1));
  await button(page, 'Confirm').click();
  await heading(page, 'Overview').waitFor();
  await page.getByText('Nobody approves wipes').first().waitFor();
});

step('signing in takes the password and a code', async () => {
  const { page } = owner;
  await page.getByText('Live', { exact: true }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await heading(page, 'Sign in').waitFor();
  await page.getByLabel('Name').fill(OWNER);
  await page.getByLabel('Password', { exact: true }).fill('not the right sentence');
  await button(page, 'Continue').click();
  await page.getByRole('alert').waitFor();
  await signIn(page, OWNER);
  await page.getByLabel('One-time code').fill(code(owner.secret, 0));
  await button(page, 'Sign in').click();
  await heading(page, 'Overview').waitFor();
});

step('a passkey is added, and signs in', async () => {
  const { page } = owner;
  await addAuthenticator(page);
  await page.goto('/account');
  await button(page, 'Add').click();
  await dialog(page).getByLabel('One-time code you have now').fill(code(owner.secret, 1));
  await button(page, 'Add a passkey').click();
  await page.getByRole('table', { name: 'Second factors' }).getByText('Passkey').first().waitFor();
  await page.getByText('Live', { exact: true }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await signIn(page, OWNER);
  await button(page, 'Use your passkey').click();
  await heading(page, 'My account').waitFor();
});

step('a mail server is added, and tested at once', async () => {
  const { page } = owner;
  await goTo(page, 'Mail servers');
  await button(page, 'Add a mail server').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Main mail');
  await dialog(page).getByLabel('Address').fill(mail.url);
  await button(page, 'Save').click();
  await page.getByText('asks for credentials').first().waitFor();
  await page.getByLabel('A user’s name (optional)').fill('anna1');
  await page.getByLabel('Password', { exact: true }).fill('secret');
  await button(page, 'Test again').click();
  await page.getByText('14.1').first().waitFor();
});

step('a second administrator comes by a one-time link', async () => {
  const { page } = owner;
  await goTo(page, 'Administrators');
  await button(page, 'Add an administrator').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('theo');
  await choose(dialog(page), 'Role', /^Owner/);
  await dialog(page).getByRole('button', { name: 'Add', exact: true }).click();
  await button(page, 'Make the link').click();
  const link = (await dialog(page).locator('pre').textContent()).trim();
  await page.keyboard.press('Escape');

  second = await openBrowser(zone);
  helper = await openPage(second);
  await addAuthenticator(helper.page);
  await useLink(helper.page, link.split('#')[1].replace('token=', ''));
  await heading(helper.page, 'Add a second factor').waitFor();
  await button(helper.page, 'Add a passkey').click();
  await heading(helper.page, 'Overview').waitFor();
  assert.equal(await helper.page.getByText('Nobody approves wipes').count(), 0);
});

step('a policy suite is made, changed, compared and assigned', async () => {
  const { page } = owner;
  await goTo(page, 'Policy suites');
  await button(page, 'New suite').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Everyone');
  await button(page, 'Create').click();
  await heading(page, 'Everyone').waitFor();
  const length = page.getByRole('textbox', { name: /shortest|length/i }).first();
  await length.fill('9');
  await page.getByRole('button', { name: 'Save as version 2' }).click();
  await page.getByText('Version 2 is in force').waitFor();
  await page.getByRole('tab', { name: 'Versions' }).click();
  await page.getByRole('table', { name: 'What changed' }).getByText(/^9/).waitFor();
  await page.getByRole('tab', { name: 'Preview' }).click();
  await page.getByRole('table', { name: 'Preview' }).waitFor();
  await goTo(page, 'Policy suites');
  await giveToEverybody(page, 'Everyone');
});

step('an assignment that replaces another says so before it is done', async () => {
  const { page } = owner;
  await button(page, 'New suite').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Another');
  await button(page, 'Create').click();
  await heading(page, 'Another').waitFor();
  await goTo(page, 'Policy suites');
  for (const [name, old] of [
    ['Another', 'Everyone'],
    ['Everyone', 'Another'],
  ]) {
    await button(page, 'Assign a suite').click();
    await choose(dialog(page), 'Suite', name);
    await dialog(page).getByText('Everyone else').click();
    await dialog(page).getByText(`Everyone else has the suite “${old}” now. It is replaced.`).waitFor();
    await fine(page, 'suite-replaced');
    await dialog(page).getByRole('button', { name: 'Replace', exact: true }).click();
    await page.getByText(`Assigned, in place of “${old}”.`).waitFor();
  }
});

step('phones that sign in appear by themselves', async () => {
  const { page } = owner;
  await goTo(page, 'Devices');
  await page.getByText('No device yet').waitFor();
  phones = await startPhones(zone, {
    count: 4,
    platform: 'ios',
    users: 'anna%d',
  });
  await page.getByText('4 of 4 devices').waitFor();
  await page.getByRole('cell', { name: 'Acknowledged' }).first().waitFor();
});

step('devices are searched and filtered, and the filters are in the address', async () => {
  const { page } = owner;
  await page.getByLabel('Search devices').fill('anna3');
  await page.getByText('1 of 1 device').waitFor();
  assert.match(page.url(), /q=anna3/);
  await page.reload();
  await page.getByText('1 of 1 device').waitFor();
  await button(page, 'Views').click();
  await button(page, 'Save this view…').click();
  await dialog(page).getByLabel('Name').fill('Anna three');
  await button(page, 'Save').click();
  await page.getByText('The view “Anna three” is saved.').waitFor();
  await button(page, 'Clear').click();
  await page.getByText('4 of 4 devices').waitFor();
  await button(page, 'Views').click();
  await button(page, 'Anna three').click();
  await page.getByText('1 of 1 device').waitFor();
});

step('an access rule is added, moved by the keyboard, tried, removed and brought back', async () => {
  const { page } = owner;
  await goTo(page, 'Access rules');
  for (const [name, pattern] of [
    ['Old systems', '..5'],
    ['Strange models', 'X*'],
  ]) {
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await dialog(page).getByLabel('Name', { exact: true }).fill(name);
    await dialog(page).getByRole('combobox', { name: 'What it looks at' }).click();
    await page
      .getByRole('option', {
        name: pattern.startsWith('X') ? 'Model' : 'System version',
        exact: true,
      })
      .click();
    await dialog(page)
      .getByRole('textbox', { name: /^(Model|System version)/ })
      .last()
      .fill(pattern);
    await button(page, 'Save').click();
    await page.getByRole('listitem').filter({ hasText: name }).waitFor();
  }
  const up = page.getByRole('button', { name: 'Move Strange models up' });
  await up.focus();
  await page.keyboard.press('Enter');
  await page.getByText('Strange models is now rule 1 of 2.').waitFor();
  await page.getByRole('combobox', { name: 'Device', exact: true }).fill('anna1');
  await page.getByRole('option', { name: /anna1/ }).click();
  await button(page, 'Try').click();
  await page.getByText('Rule 1 does not fit').waitFor();
  await page.getByRole('button', { name: 'Remove Strange models' }).click();
  await up.waitFor({ state: 'detached' });
  await button(page, 'Undo').click();
  await page.getByRole('button', { name: 'Move Strange models down' }).waitFor();
  assert.ok(await up.isDisabled(), 'it is the first again');
});

step('a wipe says what goes, asks for the name, and waits for another administrator', async () => {
  const { page } = owner;
  await goTo(page, 'Devices');
  await page.getByLabel('Search devices').fill('anna1');
  await page.getByText('1 of 1 device').waitFor();
  await page.getByRole('table', { name: 'Devices' }).getByRole('link').first().click();
  await button(page, 'Send a command').click();
  await page.getByRole('menuitem', { name: 'Full wipe' }).click();
  await dialog(page).getByText('This goes').waitFor();
  const send = dialog(page).getByRole('button', {
    name: 'Full wipe',
    exact: true,
  });
  await dialog(page).getByLabel('Reason').fill('Left in a taxi');
  assert.ok(await send.isDisabled(), 'the name is not typed yet');
  const label = await dialog(page).getByText('Type the device’s name to confirm').textContent();
  await dialog(page)
    .getByLabel(/Type the device/)
    .fill(label.split(': ').slice(1).join(': '));
  await send.click();
  await page.getByText('Awaiting approval').first().waitFor();

  const other = helper.page;
  await goTo(other, /^Commands/);
  await other.getByRole('tab', { name: /Approvals/ }).click();
  await other.getByText('Left in a taxi').waitFor();
  await other.getByRole('article').getByRole('link', { name: 'anna1', exact: true }).waitFor();
  await button(other, 'Approve…').click();
  await button(other, 'Approve with your passkey').click();
  await other.getByText('Nothing waits for approval').waitFor();
});

step('the command moves before the eyes, until the phone says that it is done', async () => {
  const { page } = owner;
  await page.getByRole('article').getByText('Done', { exact: true }).first().waitFor();
});

step('a wiped device is let in again', async () => {
  const { page } = owner;
  await button(page, 'More').click();
  await page.getByRole('menuitem', { name: 'Let it enrol again' }).click();
  await dialog(page).getByLabel('Reason').fill('It was found');
  await button(page, 'Let it enrol again').click();
  await page.getByText('It may enrol again.').waitFor();
});

step('the log tells it all, and is whole', async () => {
  const { page } = owner;
  await goTo(page, 'Audit');
  await page.getByRole('button', { name: 'Verify the log' }).click();
  await dialog(page).getByText('Intact').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('combobox', { name: 'What', exact: true }).click();
  await page.getByRole('option', { name: 'Commands' }).click();
  await page
    .getByRole('button', { name: /^Command/ })
    .first()
    .click();
  await dialog(page).getByText('In the chain').waitFor();
});

/** Where the first row of a list leads. */
async function firstOf(list, path) {
  const { page } = owner;
  await page.goto(path);
  return table(page, list).getByRole('link').first().getAttribute('href');
}

step('every page can be used by everybody', async () => {
  const device = await firstOf('Devices', '/devices');
  const user = await firstOf('Users', '/users');
  const suite = await firstOf('Policy suites', '/policies');
  await fineEverywhere(owner.page, {
    overview: '/',
    devices: '/devices',
    device,
    'device-policy': `${device}?tab=policy`,
    'device-commands': `${device}?tab=commands`,
    'device-access': `${device}?tab=access`,
    'device-audit': `${device}?tab=audit`,
    users: '/users',
    user,
    groups: '/groups',
    'device-groups': '/groups?kind=device-groups',
    policies: '/policies',
    suite,
    'suite-preview': `${suite}?tab=preview`,
    'suite-versions': `${suite}?tab=versions`,
    commands: '/commands',
    approvals: '/commands?tab=approvals',
    access: '/access',
    'mail-servers': '/mail-servers',
    directories: '/directories',
    services: '/services',
    safety: '/safety',
    audit: '/audit',
    administrators: '/administrators',
    roles: '/administrators?tab=roles',
    account: '/account',
    nowhere: '/nowhere',
  });
});

step('nothing complained in the console', () => {
  assert.deepEqual([...owner.faults, ...helper.faults], []);
});
