import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import {
  button,
  choose,
  dialog,
  fine,
  fineEverywhere,
  goTo,
  heading,
  openWorld,
  OWNER,
  signIn,
  table,
  tell,
} from './story.mjs';

// The people of a zone: users out of a file, in groups, and erased; roles, API tokens and a password.
let world, page;

before(async () => {
  world = await openWorld();
  page = world.owner.page;
});

after(() => world?.close());

const step = tell(() => ({ owner: page }));

const csv = (name, text) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });

/** Chooses a file in the import dialog. */
async function pick(file) {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    dialog(page).getByRole('button', { name: 'File' }).click(),
  ]);
  await chooser.setFiles(file);
}

step('a group of users is made', async () => {
  await goTo(page, 'Groups');
  await button(page, 'New group').click();
  await dialog(page).getByLabel('Name').fill('Nurses');
  await fine(page, 'group-new');
  await button(page, 'Create').click();
  await table(page, 'Groups of users').getByText('Nurses').waitFor();
});

step('users are imported: first tried, with an error for each line, then done', async () => {
  await goTo(page, 'Users');
  await button(page, 'Import').click();
  await pick(
    csv(
      'bad.csv',
      'name,mail,groups\nann,ann@example.org,Nurses\n,nobody@example.org,\nbob,bob,Night shift\n',
    ),
  );
  await dialog(page)
    .getByText(/^Mend \d lines? first/)
    .waitFor();
  await dialog(page).getByText('Line 3').waitFor();
  await dialog(page).getByText('Line 4 (bob)').waitFor();
  assert.ok(await dialog(page).getByRole('button', { name: 'Import', exact: true }).isDisabled());
  await fine(page, 'import-faults');
  await pick(
    csv(
      'good.csv',
      'name,display name,mail,groups\nann,Ann Example,ann@example.org,Nurses\nbob,Bob Example,bob@example.org,\ncarol,Carol Example,,Nurses\n',
    ),
  );
  await dialog(page).getByText('3 users would be added').waitFor();
  await fine(page, 'import-tried');
  await dialog(page).getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByText('3 users added, 0 changed.').waitFor();
  await page.getByText('3 of 3 users').waitFor();
});

step('a group shows its members, and takes and leaves one', async () => {
  await goTo(page, 'Groups');
  await button(page, 'Nurses').click();
  await dialog(page).getByText('2 users in this group').waitFor();
  await choose(dialog(page), 'Add a user', 'bob');
  await dialog(page).getByRole('button', { name: 'Add', exact: true }).click();
  await dialog(page).getByText('3 users in this group').waitFor();
  await fine(page, 'group-members');
  await button(page, 'Take ann out').click();
  await dialog(page).getByText('2 users in this group').waitFor();
  await page.keyboard.press('Escape');
  await table(page, 'Groups of users').getByText('2 users').waitFor();
});

step('a user is disabled and let in again', async () => {
  await goTo(page, 'Users');
  await table(page, 'Users').getByRole('link', { name: 'bob' }).click();
  await heading(page, 'Bob Example').waitFor();
  await button(page, 'Disable').click();
  await page.getByText('The user’s devices get no mail any more.').waitFor();
  await button(page, 'Enable').click();
  await page.getByText('The user may sign in again.').waitFor();
});

step('a user is erased, after the name was typed and a reason given', async () => {
  await goTo(page, 'Users');
  await table(page, 'Users').getByRole('link', { name: 'carol' }).click();
  await button(page, 'Erase…').click();
  const erase = button(page, 'Erase the user');
  await dialog(page).getByLabel('Reason').fill('Asked for it');
  assert.ok(await erase.isDisabled(), 'the name is not typed yet');
  await dialog(page)
    .getByLabel(/Type the user/)
    .fill('carol');
  await fine(page, 'user-erase');
  await erase.click();
  await page.getByText('carol is erased.').waitFor();
  await heading(page, 'Users').waitFor();
  await page.getByText('2 of 2 users').waitFor();
});

step('a role is made, changed and removed', async () => {
  await page.goto('/administrators?tab=roles');
  await button(page, 'New role').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Look only');
  await dialog(page).getByLabel('See devices').check();
  await fine(page, 'role-new');
  await button(page, 'Save').click();
  const role = page.getByRole('region', { name: 'Look only' });
  await role.getByText('See devices').waitFor();
  await role.getByRole('button', { name: 'Edit' }).click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Look around');
  await dialog(page).getByLabel('See users').check();
  await button(page, 'Save').click();
  const changed = page.getByRole('region', { name: 'Look around' });
  await changed.getByText('See users').waitFor();
  await changed.getByRole('button', { name: 'Remove' }).click();
  await dialog(page).getByText('Nobody holds it.').waitFor();
  await dialog(page).getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('Look around is removed.').waitFor();
  await changed.waitFor({ state: 'detached' });
});

/** Asks the API as a script would. */
async function ask(token) {
  const answer = await page.context().request.get('/api/v1/users', {
    headers: { Authorization: `Bearer ${token}`, Cookie: '' },
    ignoreHTTPSErrors: true,
  });
  return answer.status();
}

step('a token is shown once, works for a script, and ends when it is revoked', async () => {
  await page.goto('/account');
  await button(page, 'New token').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Nightly report');
  await dialog(page).getByLabel('See users').check();
  await fine(page, 'token-new');
  await button(page, 'Create').click();
  await dialog(page).getByText('Copy it now.').waitFor();
  const token = (await dialog(page).locator('pre').textContent()).trim();
  assert.match(token, /^drv_/);
  await fine(page, 'token-made');
  assert.equal(await ask(token), 200);
  await page.keyboard.press('Escape');
  await button(page, 'Revoke Nightly report').click();
  await dialog(page).getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByText('Nightly report is revoked.').waitFor();
  assert.equal(await ask(token), 401);
});

step('the password is changed, and the new one signs in', async () => {
  const next = 'another long sentence to sign in with';
  await button(page, 'Change the password').click();
  await dialog(page).getByLabel('Password now', { exact: true }).fill('a wrong sentence, surely');
  await dialog(page).getByLabel('New password', { exact: true }).fill(next);
  await dialog(page).getByLabel('New password again', { exact: true }).fill('something else altogether');
  await button(page, 'Change').click();
  await dialog(page).getByText('The two passwords differ.').waitFor();
  await dialog(page).getByLabel('New password again', { exact: true }).fill(next);
  await button(page, 'Change').click();
  await dialog(page).getByRole('alert').waitFor();
  await fine(page, 'password-wrong');
  await dialog(page).getByLabel('Password now', { exact: true }).fill('a long sentence to sign in with');
  await button(page, 'Change').click();
  await page.getByText('The password is changed.').waitFor();
  await page.getByText('Live', { exact: true }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await signIn(page, OWNER, next);
  await button(page, 'Use your passkey').click();
  await heading(page, 'My account').waitFor();
});

step('every page of it can be used by everybody', async () => {
  await fineEverywhere(page, {
    'users-imported': '/users',
    'groups-filled': '/groups',
    'account-alone': '/account',
    'roles-alone': '/administrators?tab=roles',
  });
});

step('nothing complained in the console', () => {
  assert.deepEqual(world.owner.faults, []);
});
