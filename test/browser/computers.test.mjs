import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DESKTOP } from './browser.mjs';
import { button, dialog, fine, goTo, openWorld, table, tell } from './story.mjs';

// An administrator makes a key, and the line that is shown brings a computer in: by the agent's own program, on this machine.
let world, page, directory;

const AGENT = join(
  process.env.DROVER_BIN ?? fileURLToPath(new URL('../../bin', import.meta.url)),
  'drover-agent',
);
const NARROW = { width: 360, height: 780 };

before(async () => {
  world = await openWorld();
  page = world.owner.page;
  directory = mkdtempSync(join(tmpdir(), 'drover-agent-'));
});

after(async () => {
  await world?.close();
  if (directory) rmSync(directory, { recursive: true, force: true });
});

const step = tell(() => ({ owner: page }));

const line = () =>
  button(dialog(page), 'Copy the line for Linux').locator('xpath=preceding-sibling::*').innerText();

/** Runs the line, but as the user of the test, in a directory of its own, and without installing a service. */
function joinBy(command) {
  const words = command.split(' ');
  assert.deepEqual(words.slice(0, 3), ['sudo', 'drover-agent', 'register']);
  assert.equal(words.at(-1), '--install');
  const url = words.indexOf('--url') + 1;
  words[url] = new URL(world.zone.devices).origin; // the server's address names the zone; here is where it listens
  return promisify(execFile)(AGENT, ['--dir', join(directory, 'agent'), ...words.slice(2, -1)]);
}

let command;

step('a key is made, and the line with it is shown once', async () => {
  await goTo(page, 'Devices');
  await button(page, 'Add a computer').click();
  await fine(page, 'join-add');
  await dialog(page).getByLabel('What the key is for').fill('this machine');
  await button(dialog(page), 'Make the key').click();
  await dialog(page).getByText('The key is shown this once').waitFor();
  command = await line();
  assert.match(command, / --pin sha256:[\w-]{43} --key [A-Z2-7]{26} --install$/);
  await dialog(page).getByText('not tried on Windows yet').waitFor();
  await fine(page, 'join-lines');
  await page.setViewportSize(NARROW);
  await fine(page, 'join-lines-narrow');
  await page.setViewportSize(DESKTOP);
  await button(dialog(page), 'Done').click();
});

step('the line brings this machine in', async () => {
  const { stdout } = await joinBy(command);
  assert.match(stdout, /^This computer is "/);
  await table(page, 'Devices').getByText("Linux with Drover's agent").waitFor();
  await fine(page, 'join-device');
});

step('the key is used up, and another one is taken back', async () => {
  await assert.rejects(joinBy(command.replace('register', 'register --again')), /authorization key/);
  await button(page, 'Add a computer').click();
  await dialog(page).getByLabel('What the key is for').fill('a mistake');
  await button(dialog(page), 'Make the key').click();
  const mistaken = await line();
  await button(dialog(page), 'Done').click();
  await button(page, '1 open key').click();
  await fine(page, 'join-keys');
  await button(dialog(page), 'Take back the key a mistake').click();
  await page.getByText('The key “a mistake” is taken back.').waitFor();
  await dialog(page).getByText('No key is open').waitFor();
  await page.keyboard.press('Escape');
  await assert.rejects(joinBy(mistaken.replace('register', 'register --again')), /authorization key/);
});

step('once its key is ended, its page says that it obeys nothing any more', async () => {
  await goTo(page, 'Devices');
  await table(page, 'Devices').getByRole('link').first().click();
  await page.getByText('Its agent', { exact: true }).waitFor();
  assert.equal(await page.getByText('Its key was ended here').count(), 0);
  const path = new URL(page.url()).pathname;
  const status = await page.evaluate(
    async (keys) => (await fetch(keys, { method: 'DELETE' })).status,
    `/api/v1${path}/keys`,
  );
  assert.equal(status, 204);
  await page.getByText('Its key was ended here').waitFor();
  await fine(page, 'join-key-ended');
});
