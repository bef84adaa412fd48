import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { button, fine, openWorld, table, tell } from './story.mjs';

// A computer's own agent sends a file that nobody can read: the page says why, and it is tried again and deleted there.
let world, page, directory, agent;

const AGENT = join(
  process.env.DROVER_BIN ?? fileURLToPath(new URL('../../bin', import.meta.url)),
  'drover-agent',
);

before(async () => {
  world = await openWorld();
  page = world.owner.page;
  directory = mkdtempSync(join(tmpdir(), 'drover-agent-'));
});

after(async () => {
  if (agent?.exitCode === null) {
    agent.kill('SIGKILL');
    await once(agent, 'exit');
  }
  await world?.close();
  if (directory) rmSync(directory, { recursive: true, force: true });
});

const step = tell(() => ({ owner: page }));

/** The line that brings a computer in, as the API tells it to the owner's session. */
const joinLine = () =>
  page.evaluate(async () => {
    const res = await fetch('/api/v1/computers/keys', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() },
      body: JSON.stringify({ name: 'test', uses: 1, hours: 1, platforms: [] }),
    });
    const { join } = await res.json();
    return join.find((j) => j.platform === 'linux').command;
  });

const files = () => table(page, 'Files that could not be imported');

step('the agent sends a file that is no inventory, and the page says why it is not taken', async () => {
  const words = (await joinLine()).split(' ');
  const url = words.indexOf('--url') + 1;
  words[url] = new URL(world.zone.devices).origin; // the server's address names the zone; here is where it listens
  const dir = join(directory, 'agent');
  await promisify(execFile)(AGENT, ['--dir', dir, ...words.slice(2, -1)]);
  const poison = Buffer.from('no inventory at all\n');
  const id = 'POISONPOISONPOISON01';
  writeFileSync(join(dir, 'uploads', `${id}.bin`), poison, { mode: 0o600 });
  writeFileSync(
    join(dir, 'uploads', `${id}.json`),
    JSON.stringify({
      id,
      kind: 'inventory',
      type: 'application/json',
      size: poison.length,
      sha256: createHash('sha256').update(poison).digest('hex'),
    }),
    { mode: 0o600 },
  );
  agent = spawn(AGENT, ['--dir', dir, 'run'], { stdio: 'ignore' });
  for (let tries = 0; tries < 60; tries++) {
    await page.goto('/software');
    await page.getByLabel('Loading').last().waitFor({ state: 'detached' });
    if (await files().isVisible()) break;
    await page.waitForTimeout(500);
  }
  await files().getByText('cannot be read').waitFor();
  await fine(page, 'uploads-aside');
});

step('it is tried again, and set aside again', async () => {
  await button(files(), 'Try again').click();
  await page.getByText('It is tried again.').waitFor();
  for (let tries = 0; tries < 60; tries++) {
    const list = await page.evaluate(async () =>
      (await fetch('/api/v1/collection/uploads?state=aside')).json(),
    );
    if (list.items.length === 1 && list.items[0].tries === 1) break;
    await page.waitForTimeout(250);
  }
  await page.goto('/software');
  await files().getByText('cannot be read').waitFor();
});

step('it is deleted', async () => {
  await button(files(), 'Delete').click();
  await page.getByText('The file is deleted.').waitFor();
  await files().waitFor({ state: 'detached' });
  assert.deepEqual(world.owner.faults, []);
});
