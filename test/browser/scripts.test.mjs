import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { addAuthenticator, openBrowser, openPage } from './browser.mjs';
import {
  button,
  choose,
  dialog,
  fine,
  fineEverywhere,
  goTo,
  heading,
  openWorld,
  PASSWORD,
  table,
  takeFromMenu,
  tell,
} from './story.mjs';

// A computer with the real agent: what it shows on its page, a script that it runs, what has changed on it, and the codes by
// which it comes in again and its agent goes.
let world, page, directory, agent, second, other;

const AGENT = join(
  process.env.DROVER_BIN ?? fileURLToPath(new URL('../../bin', import.meta.url)),
  'drover-agent',
);
const run = promisify(execFile);

before(async () => {
  world = await openWorld();
  page = world.owner.page;
  // Scripts run only where nobody but their administrator can change anything: not below /tmp.
  directory = mkdtempSync(join(homedir(), '.drover-agent-'));
});

after(async () => {
  await stopAgent();
  await second?.close();
  await world?.close();
  if (directory) rmSync(directory, { recursive: true, force: true });
});

async function stopAgent() {
  if (!agent || agent.exitCode !== null || agent.signalCode !== null) return;
  agent.kill('SIGTERM');
  await once(agent, 'exit');
}

const step = tell(() => (other ? { owner: page, other } : { owner: page }));

const line = () =>
  button(dialog(page), 'Copy the line for Linux').locator('xpath=preceding-sibling::*').innerText();

/** Runs a line that was shown, as the user of the test, in a directory of its own, and without installing a service. */
function joinBy(command, ...more) {
  const words = command.split(' ');
  assert.deepEqual(words.slice(0, 3), ['sudo', 'drover-agent', 'register']);
  assert.equal(words.at(-1), '--install');
  words[words.indexOf('--url') + 1] = new URL(world.zone.devices).origin; // the address names the zone; here is where it listens
  return run(AGENT, ['--dir', join(directory, 'agent'), ...words.slice(2, -1), ...more]);
}

/** Sends an act of the signed-in administrator, as the pages do. */
const send = (method, path, body, etag) =>
  page.evaluate(
    async ([method, path, body, etag]) => {
      const answer = await fetch(`/api/v1${path}`, {
        method,
        headers: { 'Content-Type': 'application/json', ...(etag && { 'If-Match': etag }) },
        body: body && JSON.stringify(body),
      });
      return {
        status: answer.status,
        etag: answer.headers.get('ETag'),
        body: await answer.json().catch(() => null),
      };
    },
    [method, path, body, etag],
  );

step('a page without scripts says what to do next', async () => {
  await goTo(page, 'Scripts');
  await heading(page, 'Scripts').waitFor();
  await page.getByText('No script yet').waitFor();
  await fineEverywhere(page, { 'scripts-none': '/scripts', 'changes-none': '/changes' });
});

step('a computer comes in, and its agent runs', async () => {
  await goTo(page, 'Devices');
  await button(page, 'Add a computer').click();
  await dialog(page).getByLabel('What the key is for').fill('this machine');
  await button(dialog(page), 'Make the key').click();
  const command = await line();
  await button(dialog(page), 'Done').click();
  await joinBy(command);
  agent = spawn(AGENT, ['--dir', join(directory, 'agent'), 'run'], { stdio: 'ignore' });
  await once(agent, 'spawn');
  await table(page, 'Devices').getByText("Linux with Drover's agent").waitFor();
});

step('a script is written, and runs where it may', async () => {
  await goTo(page, 'Scripts');
  await button(page, 'New script').click();
  await button(dialog(page), 'Save').click();
  await dialog(page).getByText('Give it a name.').waitFor();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Say <b>hello</b>');
  await dialog(page).getByLabel('Script', { exact: true }).fill('echo "hello from <i>here</i>"; exit 3\n');
  await choose(dialog(page), 'How often', 'Once');
  await fine(page, 'script-form');
  await button(dialog(page), 'Save').click();
  await heading(page, 'Say <b>hello</b>').waitFor();
  await page.getByText('Version 1 runs', { exact: true }).waitFor();
  await table(page, 'Versions').getByText('Reached few: nobody had to').waitFor();
});

step('what became of it is told by the computer', async () => {
  const results = table(page, 'What became of it');
  await results.getByText('hello from <i>here</i>').waitFor({ timeout: 90_000 });
  await results.getByText('The script ended with 3.').waitFor();
  await fineEverywhere(page, { 'script-page': new URL(page.url()).pathname, scripts: '/scripts' });
});

step('a second administrator comes, who may approve at once', async () => {
  const rules = await send('GET', '/safety/rules');
  const changed = await send('PUT', '/safety/rules', { ...rules.body, scripts: 0, probation: 0 }, rules.etag);
  assert.ok(changed.status < 300, JSON.stringify(changed));
  await goTo(page, 'Administrators');
  await button(page, 'Add an administrator').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('bob');
  await choose(dialog(page), 'Role', /^Owner/);
  await dialog(page).getByRole('button', { name: 'Add', exact: true }).click();
  await button(page, 'Make the link').click();
  const link = (await dialog(page).locator('pre').textContent()).trim();
  await page.keyboard.press('Escape');
  second = await openBrowser(world.zone);
  other = (await openPage(second)).page;
  await addAuthenticator(other);
  await other.goto(`/setup#${link.split('#')[1]}`);
  await other.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await other.getByLabel('Password again', { exact: true }).fill(PASSWORD);
  await other.getByRole('button', { name: 'Continue' }).click();
  await button(other, 'Add a passkey').click();
  await heading(other, 'Overview').waitFor();
});

step('a version that reaches many waits for a second person, who reads it first', async () => {
  await goTo(page, 'Scripts');
  await page.getByRole('link', { name: 'Say <b>hello</b>' }).click();
  await button(page, 'New version…').click();
  await dialog(page).getByLabel('Script', { exact: true }).fill('echo "hello again"\n');
  await button(dialog(page), 'Save as a new version').click();
  await page.getByText('Version 2 awaits approval', { exact: false }).first().waitFor();
  await page.getByText('You have asked for this yourself: somebody else must approve it.').waitFor();
  await fine(page, 'script-waits');

  await goTo(other, /^Commands/);
  await other.getByRole('tab', { name: /Approvals/ }).click();
  await other.getByRole('link', { name: 'Read the script' }).click();
  await heading(other, 'Say <b>hello</b>').waitFor();
  await other.getByLabel('Text of the script').getByText('hello again').waitFor();
  await fine(other, 'script-to-approve');
  await button(other, 'Approve…').click();
  await button(other, 'Approve with your passkey').click();
  await other.getByText('Version 2 runs', { exact: true }).waitFor();
  await table(page, 'Versions').getByRole('row', { name: /^2 / }).getByText('bob', { exact: true }).waitFor();
  await table(page, 'What became of it').getByText('hello again').waitFor({ timeout: 90_000 });
  await button(page, 'Show version 1').click();
  await dialog(page).getByText('exit 3').waitFor();
  await fine(page, 'script-version');
  await page.keyboard.press('Escape');
});

step('every tab of the computer’s page has something to say', async () => {
  await goTo(page, 'Devices');
  await table(page, 'Devices').getByRole('link').first().click();
  await page.getByText('Agent', { exact: true }).first().waitFor();
  assert.equal(await page.getByText('Mail client').count(), 0);
  const path = new URL(page.url()).pathname;
  const tabs = ['inventory', 'policy', 'commands', 'compliance', 'personal', 'audit'];
  await fineEverywhere(page, {
    'computer-facts': path,
    ...Object.fromEntries(tabs.map((tab) => [`computer-${tab}`, `${path}?tab=${tab}`])),
  });
  assert.equal(await page.getByRole('tab', { name: 'Access' }).count(), 0, 'computers get no mail');
  await page.goto(`${path}?tab=commands`);
  await table(page, 'What it has run').getByText('hello again').waitFor();
  await table(page, 'What it has run').getByRole('link', { name: 'Say <b>hello</b>' }).first().waitFor();
});

step('a removal code is shown once, after it said what it does', async () => {
  await stopAgent();
  await button(page, 'More').click();
  await takeFromMenu(page, 'Show a removal code…');
  await dialog(page).getByText('the code needs no network').waitFor();
  await fine(page, 'removal-code-ask');
  await button(dialog(page), 'Show the code').click();
  await dialog(page).getByText('The code is shown this once').waitFor();
  await fine(page, 'removal-code');
  const command = await button(dialog(page), 'Copy the line')
    .locator('xpath=preceding-sibling::*')
    .innerText();
  assert.match(command, /^drover-agent uninstall --code ([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/);
  await button(dialog(page), 'Done').click();
});

step('a computer is registered again by a one-time code of its own', async () => {
  const name = await page.getByRole('heading', { level: 1 }).innerText();
  await button(page, 'More').click();
  await takeFromMenu(page, 'Register it again…');
  await dialog(page).getByText('It keeps its name, folder, groups and history').waitFor();
  await fine(page, 'registration-code-ask');
  await button(dialog(page), 'Make the code').click();
  const command = await line();
  assert.equal(await dialog(page).getByText('macOS').count(), 0, 'its system is known');
  await fine(page, 'registration-code');
  await button(dialog(page), 'Done').click();
  const { stdout } = await joinBy(command, '--again');
  assert.ok(stdout.includes(name), stdout);
  await goTo(page, 'Devices');
  await page.getByText('1 of 1 device').waitFor();
  await goTo(page, 'Registration');
  await page.getByRole('tab', { name: 'Entered beforehand' }).click();
  await table(page, 'One-time codes').getByText('Used').waitFor();
  await button(page, `New code for ${name}`).click();
  await button(dialog(page), 'Make the code').click();
  await dialog(page).getByText('The code is shown this once').waitFor();
  await button(dialog(page), 'Done').click();
  await table(page, 'One-time codes').getByText('Open').waitFor();
});

step('one server takes no new computers in', async () => {
  await button(page, 'Per server…').click();
  await dialog(page).getByRole('switch').click({ force: true });
  await fine(page, 'registration-servers');
  await button(dialog(page), 'Save').click();
  await page.getByText('1 server of the zone takes no new computer in.').waitFor();
  await fineEverywhere(page, { 'registration-server-closed': '/registration' });
  await button(page, 'Per server…').click();
  await dialog(page).getByRole('switch').click({ force: true });
  await button(dialog(page), 'Save').click();
  await page.getByText('1 server of the zone takes no new computer in.').waitFor({ state: 'detached' });
});

step('a script is removed', async () => {
  await goTo(page, 'Scripts');
  await page.getByRole('link', { name: 'Say <b>hello</b>' }).click();
  await button(page, 'Remove…').click();
  await button(dialog(page), 'Remove').click();
  await page.getByText('No script yet').waitFor();
});

step('nothing complained in the console', () => {
  assert.deepEqual(world.owner.faults, []);
});
