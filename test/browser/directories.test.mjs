import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { dirname, join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBrowser, openPage } from './browser.mjs';
import { button, choose, dialog, fine, fineEverywhere, goTo, heading, openWorld, tell } from './story.mjs';

// A real OpenID Connect provider, from its addition to the administrators who come from it.
let world, page, provider, visitor, visitors;

/** The provider shows the zone's own certificate, which the browser trusts. */
async function startProvider(tls) {
  const child = spawn('node', ['provider.js', join(tls, 'server.pem'), join(tls, 'server.key')], {
    cwd: fileURLToPath(new URL('../oidc', import.meta.url)),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return {
    url: String(line).trim(),
    async close() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

before(async () => {
  world = await openWorld();
  page = world.owner.page;
  provider = await startProvider(dirname(world.zone.ca));
  visitors = await openBrowser(world.zone);
  visitor = (await openPage(visitors)).page;
});

after(async () => {
  for (const part of [visitors, provider, world]) await part?.close();
});

const step = tell(() => ({ owner: page, visitor }));

const field = (name) => dialog(page).getByLabel(name, { exact: true });

step('what cannot be reached says so before it is saved', async () => {
  await goTo(page, 'Directories');
  await button(page, 'Add a directory').click();
  await field('Name').fill('House');
  await dialog(page)
    .getByRole('combobox', { name: 'Servers' })
    .or(field('Servers'))
    .first()
    .fill('127.0.0.1:1');
  await page.keyboard.press('Enter');
  await field('Where the people are').fill('dc=example,dc=org');
  await button(page, 'Test this, unsaved').click();
  await dialog(page).getByText('Nothing listens at this address').first().waitFor();
  await fine(page, 'directory-new-ldap');
});

step('what is wrong stands at its field, all of it and once', async () => {
  await field('Where the people are').fill('people');
  await dialog(page).getByRole('button', { name: /^More settings/ }).click();
  await dialog(page).getByText('The usual attributes, a time-out of 10 seconds').waitFor();
  await fine(page, 'directory-more');
  await field('Name in the certificates (optional)').fill('a b');
  await field('Login name').fill('a b');
  await dialog(page).getByText('Attributes of its own').waitFor();
  for (const send of ['Test this, unsaved', 'Save']) {
    await button(page, send).click();
    for (const fault of [
      /^Say where the people are/,
      /^The server name must look/,
      /^An attribute is called by/,
    ]) {
      await dialog(page).getByText(fault).first().waitFor();
      assert.equal(await dialog(page).getByText(fault).count(), 1, `${fault} after ${send}`);
    }
  }
  await fine(page, 'directory-faults');
  await field('Name in the certificates (optional)').fill('');
  await field('Login name').fill('');
  await field('Where the people are').fill('dc=example,dc=org');
});

step('a provider is added, with a group whose members become administrators', async () => {
  await field('Name').fill('House login');
  await choose(dialog(page), 'Kind', 'OpenID Connect provider');
  await field('Issuer').fill(provider.url);
  await field('Client').fill('drover');
  await field('Secret of the client').fill('client secret of the test');
  await dialog(page).getByLabel('Certificate of its authority').fill(readFileSync(world.zone.ca, 'utf8'));
  await button(page, 'Add a group').click();
  await field('Group 1').fill('admins');
  await choose(dialog(page), 'Role of group 1', 'Auditor');
  await button(page, 'Test this, unsaved').click();
  await dialog(page).getByText('names itself as configured').first().waitFor();
  await fine(page, 'directory-new-oidc');
  await button(page, 'Save').click();
  await dialog(page).getByText('names itself as configured').first().waitFor();
  await button(page, 'Cancel').click();
  await page.getByText('Members of admins').waitFor();
  await fineEverywhere(page, { 'directories-one': '/directories' });
});

/** Goes through the provider's own pages. */
async function come(name) {
  await visitor.context().clearCookies();
  await visitor.goto('/');
  await button(visitor, 'Sign in with House login').click();
  await visitor.locator('input[name=login]').fill(name);
  await visitor.locator('input[name=password]').fill('any');
  await visitor.locator('button[type=submit]').click();
  await visitor.getByRole('button', { name: 'Continue' }).click();
}

step('somebody in the group gets as far as the second factor', async () => {
  const callback = await page.locator('code').first().innerText();
  const ca = readFileSync(world.zone.ca);
  await new Promise((resolve, reject) => {
    get(`${provider.url}/test/redirect?to=${encodeURIComponent(callback)}`, { ca }, (r) =>
      r.resume().on('end', resolve),
    ).on('error', reject);
  });
  await come('ann');
  await button(visitor, 'Add a passkey').waitFor();
  assert.ok(visitor.url().startsWith(world.zone.url), 'back in the dashboard');
  await fine(visitor, 'provider-second-factor');
});

step('somebody in no such group is told so', async () => {
  await come('bob');
  await visitor.getByText('in no group whose members are administrators').waitFor();
  await fine(visitor, 'provider-refused');
});

step('the newcomer is listed as an administrator', async () => {
  await goTo(page, 'Administrators');
  await heading(page, 'Administrators').waitFor();
  await page.getByText('ann', { exact: true }).first().waitFor();
});
