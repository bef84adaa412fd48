import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';

const BIN = process.env.DROVER_BIN ?? fileURLToPath(new URL('../../bin', import.meta.url));
const COMPANION = fileURLToPath(new URL('../companionclient/main.js', import.meta.url));
const STARTED_WITHIN_MS = 30_000;

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Starts a program and waits until what it printed matches. */
async function start(name, args, ready) {
  const child = spawn(join(BIN, name), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const match = await new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`${name} ${why}:\n${said}`));
    const timer = setTimeout(() => fail('did not start in time'), STARTED_WITHIN_MS);
    const hear = (chunk) => {
      said += chunk;
      const found = said.match(ready);
      if (found) {
        clearTimeout(timer);
        resolve(found);
      }
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', (error) =>
      fail(`cannot be run (${error.message}); build it first with "make build"`),
    );
    child.once('exit', (status) => fail(`ended with ${status}`));
  });
  return { child, match };
}

async function serverKey(port, ca) {
  const socket = connect({ port, host: 'localhost', ca: readFileSync(ca) });
  await once(socket, 'secureConnect');
  const key = socket.getPeerX509Certificate().publicKey.export({ type: 'spki', format: 'der' });
  socket.destroy();
  return createHash('sha256').update(key).digest('base64');
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** A running zone of its own, new and empty, with the one-time link of its first administrator. */
export async function startZone() {
  const data = mkdtempSync(join(tmpdir(), 'drover-browser-'));
  const [admin, device] = [await freePort(), await freePort()];
  const args = [
    'serve',
    '--data',
    data,
    '--admin-addr',
    `127.0.0.1:${admin}`,
    '--device-addr',
    `127.0.0.1:${device}`,
  ];
  const { child, match } = await start('drover', args, /https:\/\/\S+\/setup#token=(\S+)/);
  const ca = join(data, 'tls', 'ca.pem');
  return {
    url: `https://localhost:${admin}`,
    devices: `https://127.0.0.1:${device}`,
    ca,
    /** What Chromium is told to trust: the hash of the server's key, taken over a connection that the authority vouches for. */
    spki: await serverKey(admin, ca),
    token: match[1],
    async close() {
      await stop(child);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** A mail server behind the gateway. */
export async function startMail() {
  const { child, match } = await start('drover-sim', ['upstream'], /(https?:\/\/\S+)/);
  return { url: match[1], close: () => stop(child) };
}

/** Simulated phones that live until they are stopped. */
async function live(zone, options) {
  const args = ['phones', '--url', zone.devices, '--ca', zone.ca, '--for', '10m', ...options];
  const child = spawn(join(BIN, 'drover-sim'), args, { stdio: 'ignore' });
  await once(child, 'spawn');
  return { close: () => stop(child) };
}

/** Phones that sign in through the gateway and hold their Pings. */
export const startPhones = (zone, { count, platform, users }) =>
  live(zone, ['--count', String(count), '--platform', platform, '--user-pattern', users, '--password', 'secret']);

/** Phones with a companion application alone, let in by the link of an invitation; seed tells them from others. */
export const startApplications = (zone, { count, platform, link, seed }) =>
  live(zone, ['--count', String(count), '--platform', platform, '--no-mail', `--invitation=${link}`, '--seed', seed]);

/** A phone of ann's with a companion application, let in by the link of an invitation; resolves when it has sent all that it was given. */
export async function startCompanion(zone, link, data) {
  const token = new URL(link).hash.replace(/^#(token=)?/, '') || link.split(/[=/]/).pop();
  const args = [COMPANION, '--server', zone.devices, '--mail', 'ann@example.org', '--invitation', token];
  const facts = { model: 'GT-I9100', os: 'Android 4.1', userAgent: 'Android-EAS/4.1', deviceType: 'Android' };
  const child = spawn('node', [...args, '--facts', JSON.stringify(facts), '--data', JSON.stringify(data)], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: zone.ca },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  const device = await new Promise((resolve, reject) => {
    child.once('exit', (status) => reject(new Error(`the companion ended with ${status}: ${said}`)));
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const events = said
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
      const sent = events.filter((e) => e.event === 'taken' || e.event === 'refused').length;
      if (sent === 2 * Object.keys(data).length) resolve(events.find((e) => e.event === 'enrolled')?.device);
    });
  });
  if (said.includes('"refused"')) throw new Error(`the companion was refused: ${said}`);
  return { device, close: () => child.stdin.end() };
}
