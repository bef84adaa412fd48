import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { button, choose, dialog, fine, fineEverywhere, goTo, heading, openWorld, table, tell } from './story.mjs';

// Computers come into the zone by the real agent: where rules and keys put them, one that an administrator decides over, and
// one that was entered before it came.
let world, page, agents;

const BIN = process.env.DROVER_BIN ?? fileURLToPath(new URL('../../bin', import.meta.url));
const run = promisify(execFile);

before(async () => {
  world = await openWorld();
  page = world.owner.page;
  agents = mkdtempSync(join(tmpdir(), 'drover-agents-'));
});

after(async () => {
  rmSync(agents, { recursive: true, force: true });
  await world?.close();
});

const step = tell(() => ({ owner: page }));
const tab = (name) => page.getByRole('tab', { name }).click();

let pin;

/** Has an agent of its own directory register, and returns what it says. */
async function register(agent, key) {
  const args = ['register', '--url', world.zone.devices, '--pin', pin, '--dir', join(agents, agent), '--attribute', 'room=201', '--no-wait'];
  try {
    const { stdout, stderr } = await run(join(BIN, 'drover-agent'), [...args, '--key', key]);
    return stdout + stderr;
  } catch (failed) {
    return failed.stdout + failed.stderr;
  }
}

/** Makes a key, and returns it. */
async function makeKey(name, uses) {
  await tab('Keys');
  await button(page, 'Make a key').first().click();
  await dialog(page).getByLabel('What it is for').fill(name);
  await dialog(page).getByLabel('For how many computers').fill(String(uses));
  await fine(page, 'registration-key-make');
  await dialog(page).getByRole('button', { name: 'Make', exact: true }).click();
  await dialog(page).getByText('The key is shown this once').waitFor();
  const line = await dialog(page).locator('pre').first().innerText();
  await fine(page, 'registration-key-made');
  await button(dialog(page), 'Done').click();
  pin = /--pin (\S+)/.exec(line)?.[1];
  return /--key (\S+)/.exec(line)?.[1];
}

step('folders are made, one below the other', async () => {
  await goTo(page, 'Registration');
  await heading(page, 'Registration').waitFor();
  await page.getByText('Nobody waits', { exact: true }).waitFor();
  await tab('Folders');
  for (const path of ['/Vienna', '/Vienna/Servers']) {
    await button(page, 'New folder').click();
    await dialog(page).getByLabel('Path').fill(path);
    await dialog(page).getByRole('button', { name: 'Save', exact: true }).click();
    await dialog(page).waitFor({ state: 'detached' });
  }
  await table(page, 'Folders').getByText('Servers', { exact: true }).waitFor();
  await table(page, 'Folders').getByText('Quarantine', { exact: true }).waitFor();
  await fine(page, 'registration-folders');
});

step('a rule puts computers into a folder, and says why', async () => {
  await tab('Rules');
  await button(page, 'Add a rule').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Room 201');
  await button(dialog(page), 'Add a condition').click();
  await choose(dialog(page), 'Condition 1: what it looks at', 'Attribute');
  await dialog(page).getByLabel('Condition 1: name of the attribute').fill('room');
  await choose(dialog(page), 'Condition 1: how', 'is');
  await dialog(page).getByLabel('Condition 1: values').first().fill('201');
  await choose(dialog(page), 'Folder', '/Vienna/Servers');
  await dialog(page).getByLabel('Name (optional)').fill('vie-{number:3}');
  await fine(page, 'registration-rule');
  await dialog(page).getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('→ /Vienna/Servers, as vie-{number:3}').waitFor();
  await page.getByLabel('Host name').fill('<img src=x onerror=alert(1)>');
  await button(page, 'Try').click();
  await page.getByText("Put into quarantine by the zone's default").waitFor();
  await page.getByText('Rule 1 does not fit, because it tells no attribute "room".').waitFor();
  await fine(page, 'registration-rules');
});

step('a computer registers and goes where the rule says', async () => {
  const key = await makeKey('Laptops in Vienna', 5);
  assert.match(await register('first', key), /vie-001/);
  await goTo(page, 'Devices');
  await page.getByText('vie-001').first().waitFor();
  await goTo(page, 'Registration');
  await tab('Folders');
  const row = table(page, 'Folders').getByRole('row').filter({ hasText: 'Servers' });
  await row.getByText('1 device').waitFor();
  await tab('Keys');
  await table(page, 'Keys').getByText('1 of 5').waitFor();

  // The same machine twice more, with keys of its own: somebody says which is the one that is here.
  assert.match(await register('second', key), /administrator decides/);
  assert.match(await register('third', key), /administrator decides/);
});

step('an administrator decides over a computer that tells the same', async () => {
  await goTo(page, 'Overview');
  await goTo(page, 'Registration');
  await page.getByText('It tells the same as a computer that is here: set up anew').nth(1).waitFor();
  await page.getByText(/vie-001: same .*machine id/).nth(1).waitFor();
  await fine(page, 'registration-waiting');
  await page.getByRole('button', { name: /^Decide over .* \(1\)…$/ }).click(); // the newest stands first
  await dialog(page).getByLabel('Keep it out').check();
  await dialog(page).getByRole('button', { name: 'Decide', exact: true }).click();
  await page.getByText('It is refused for 30 days.').waitFor();
  assert.match(await register('third', 'none'), /not let into the zone/);
  await page.getByRole('button', { name: /^Decide over [^()]*…$/ }).click();
  await dialog(page).getByLabel('It is vie-001').check();
  await fine(page, 'registration-decide');
  await dialog(page).getByRole('button', { name: 'Decide', exact: true }).click();
  await page.getByText('Nobody waits', { exact: true }).waitFor();
  assert.match(await register('second', 'none'), /vie-001/);
});

step('computers are entered from a list, whose faults are told line by line', async () => {
  await tab('Entered beforehand');
  await button(page, 'Enter computers…').click();
  const give = (text) =>
    dialog(page)
      .locator('input[type=file]')
      .setInputFiles({ name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await give('name,serial,folder\n=cmd(),S-1,\n<b>pc</b>,S-2,/None\npc3,S-3,/Vienna\n');
  await dialog(page).getByText('Line 2: The name has 1 to 100 bytes').waitFor();
  await dialog(page).getByText('Line 3: There is no folder "/None".').waitFor();
  await fine(page, 'registration-import-faults');
  assert.ok(await button(dialog(page), 'Enter').isDisabled());
  await give('name,serial,folder\n<b>pc</b>,S-2,/Vienna\npc3,S-3,/Vienna/Servers\n');
  await dialog(page).getByText('2 computers would be entered.').waitFor();
  await button(dialog(page), 'Enter').click();
  await dialog(page).getByText('2 computers entered').waitFor();
  const codes = await dialog(page).locator('td code').allInnerTexts();
  assert.equal(new Set(codes).size, 2);
  assert.match(codes[0], /^[A-Z2-7]{26}$/);
  await fine(page, 'registration-import-codes');
  await button(dialog(page), 'I have them').click();
  await table(page, 'One-time codes').getByText('<b>pc</b>').waitFor();
  await fine(page, 'registration-entered');
});

step('a group holds the computers that meet its conditions', async () => {
  await goTo(page, 'Groups');
  await page.getByRole('tab', { name: 'Groups of devices' }).click();
  await button(page, 'New group').first().click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Vienna by name');
  await button(dialog(page), 'Create').click();
  await button(page, 'One by one: Vienna by name').click();
  await button(dialog(page), 'Add a condition').click();
  await choose(dialog(page), 'Condition 1: what it looks at', 'Name');
  await choose(dialog(page), 'Condition 1: how', 'is like');
  await dialog(page).getByLabel('Condition 1: values').first().fill('vie-*');
  await fine(page, 'group-conditions');
  await button(dialog(page), 'Save').click();
  await button(page, 'By conditions: Vienna by name').waitFor();
  await table(page, 'Groups of devices').getByText('1 device').waitFor();
  await fine(page, 'groups-by-conditions');
  await goTo(page, 'Registration');
  await tab('Entered beforehand');
});

step('no computer is taken in while the zone is closed', async () => {
  await button(page, 'Take none in…').click();
  await dialog(page).getByRole('button', { name: 'Take none in', exact: true }).click();
  await page.getByText('No new computer is taken in.').first().waitFor();
  assert.match(await register('third', 'x'), /not taken in at present/);
  await button(page, 'Take computers in again…').click();
  await dialog(page).getByRole('button', { name: 'Take them in', exact: true }).click();
  await button(page, 'Take none in…').waitFor();
});

step('everybody can use the page', async () => {
  await fineEverywhere(page, {
    'registration waiting': '/registration',
    'registration rules': '/registration?tab=rules',
    'registration keys': '/registration?tab=keys',
    'registration entered': '/registration?tab=entered',
    'registration folders': '/registration?tab=folders',
  });
});
