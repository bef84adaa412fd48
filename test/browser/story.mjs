import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addAuthenticator, DESKTOP, judge, openBrowser, openPage, PHONE, picture } from './browser.mjs';
import { startMail, startZone } from './server.mjs';

export const OWNER = 'mira';
export const PASSWORD = 'a long sentence to sign in with';

/**
 * One story, told in steps that follow each other. A step after a broken one fails at once: it would only wait for what
 * never comes. Of a broken step there are pictures of every page in shown().
 */
export function tell(shown) {
  let broken;
  return (name, run) =>
    test(name, async () => {
      if (broken) throw new Error(`not tried, because this failed: ${broken}`);
      broken = name;
      try {
        await run();
        broken = undefined;
      } finally {
        for (const [who, page] of Object.entries(shown())) {
          if (broken) await picture(page, `failed ${who}`);
          else if (who === 'owner') await picture(page, `step ${name}`);
        }
      }
    });
}

/** A zone with its first administrator, signed in by a passkey, and a mail server that waits to be added. */
export async function openWorld() {
  const zone = await startZone();
  const mail = await startMail();
  const browser = await openBrowser(zone);
  const owner = await openPage(browser);
  const { page } = owner;
  await addAuthenticator(page);
  await page.goto(`/setup#token=${zone.token}`);
  await page.getByLabel('Your name').fill(OWNER);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password again', { exact: true }).fill(PASSWORD);
  await button(page, 'Create the owner').click();
  await button(page, 'Add a passkey').click();
  await heading(page, 'Overview').waitFor();
  return {
    zone,
    mail,
    owner,
    async close() {
      for (const part of [browser, mail, zone]) await part.close();
    },
  };
}

export const button = (page, name) => page.getByRole('button', { name, exact: true });
export const dialog = (page) => page.getByRole('dialog');
export const heading = (page, name) => page.getByRole('heading', { name, exact: true, level: 1 });
export const table = (page, name) => page.getByRole('table', { name, exact: true });

export async function goTo(page, place) {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: place }).click();
}

/** Chooses from a list that opens under a field. */
export async function choose(scope, field, option) {
  const page = scope.page?.() ?? scope;
  await scope.getByRole('combobox', { name: field, exact: true }).click();
  await page.getByRole('option', { name: option }).first().click();
}

/** Calls the API as whoever is signed in; a PUT is based on what is there now. */
export const callApi = (page, method, path, body) =>
  page.evaluate(
    async ([how, where, what]) => {
      const headers = { 'Content-Type': 'application/json' };
      if (how === 'PUT') headers['If-Match'] = (await fetch(`/api/v1${where}`)).headers.get('ETag');
      const sent = what && JSON.stringify(what);
      const answer = await fetch(`/api/v1${where}`, { method: how, headers, body: sent });
      if (!answer.ok) throw new Error(`${how} ${where}: ${await answer.text()}`);
      return answer.status === 204 ? undefined : answer.json();
    },
    [method, path, body],
  );

export async function signIn(page, name, password = PASSWORD) {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await button(page, 'Continue').click();
}

export async function addMailServer(page, name, url) {
  await goTo(page, 'Mail servers');
  await button(page, 'Add a mail server').first().click();
  await dialog(page).getByLabel('Name', { exact: true }).fill(name);
  await dialog(page).getByLabel('Address').fill(url);
  await button(page, 'Save').click();
  await page.getByText('asks for credentials').first().waitFor();
}

/** Assigns a suite to everybody, in the page of the suites. */
export async function giveToEverybody(page, name) {
  await button(page, 'Assign a suite').click();
  const assign = dialog(page).getByRole('button', { name: 'Assign', exact: true });
  assert.ok(await assign.isDisabled(), 'nothing is chosen that nobody chose');
  await choose(dialog(page), 'Suite', name);
  assert.ok(await assign.isDisabled(), 'a suite, but for nobody yet');
  await dialog(page).getByText('Everyone else').click();
  await assign.click();
  await table(page, 'Assignments').getByText('Everyone else').first().waitFor();
}

/** Makes a policy suite from the preset to begin with, for everybody. */
export async function assignSuite(page, name) {
  await goTo(page, 'Policy suites');
  await button(page, 'New suite').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill(name);
  await button(page, 'Create').click();
  await heading(page, name).waitFor();
  await goTo(page, 'Policy suites');
  await giveToEverybody(page, name);
}

/** Takes what stands in the open menu, and waits until the menu has gone. */
export async function takeFromMenu(page, item) {
  await page.getByRole('menuitem', { name: item }).click();
  await page.getByRole('menu').waitFor({ state: 'detached' });
}

/** What is open now can be used by everybody: what axe says of it, with a picture. */
export async function fine(page, name) {
  await picture(page, name);
  assert.deepEqual(await judge(page), [], name);
}

const MODES = [
  ['desktop', DESKTOP, 'light'],
  ['desktop', DESKTOP, 'dark'],
  ['phone', PHONE, 'light'],
  ['phone', PHONE, 'dark'],
];

/** The same of whole pages, in both sizes and both schemes. Ends as it began: on a desk, in the light. */
export async function fineEverywhere(page, places) {
  const faults = [];
  for (const [size, viewport, colorScheme] of MODES) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const [place, path] of Object.entries(places)) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByLabel('Loading').last().waitFor({ state: 'detached' });
      await picture(page, `${place}-${size}-${colorScheme}`);
      faults.push(...(await judge(page)).map((fault) => `${place}, ${size}, ${colorScheme}: ${fault}`));
    }
  }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: 'light' });
  assert.deepEqual(faults, []);
}
