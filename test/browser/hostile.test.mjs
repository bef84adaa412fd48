import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { after, before } from 'node:test';
import { picture } from './browser.mjs';
import { openWorld, tell } from './story.mjs';

// Computers and administrators call things what a browser would obey, and every page that shows them shows text.
let world, page;

before(async () => {
  world = await openWorld();
  page = world.owner.page;
});

after(() => world?.close());

const step = tell(() => ({ owner: page }));

const NAMES = [
  '<img src=x onerror="window.obeyed=1">',
  '"><script>window.obeyed=1</script>',
  'javascript:window.obeyed=1',
  '{{constructor.constructor("window.obeyed=1")()}}',
  "'; DROP TABLE device; --",
  '../../etc/passwd',
  '=HYPERLINK("https://example.org")',
  'a\u202egnp.exe',
  '\u001b[31mred',
  'W'.repeat(10_000),
  'ॐ \u{1f468}\u200d\u{1f469} مرحبا',
];

/** What the dashboard's own client does, in the owner's session. */
const api = (method, path, body) =>
  page.evaluate(
    async ([method, path, body]) => {
      const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() };
      const current = method === 'PUT' ? await fetch(`/api/v1${path}`) : undefined;
      if (current) headers['If-Match'] = current.headers.get('ETag');
      const res = await fetch(`/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
      return { status: res.status, body: res.status === 204 ? null : await res.json() };
    },
    [method, path, body],
  );

/** Tells an inventory as an agent of others does; resolves to the status of the answer. */
function tellInventory(token, name) {
  const content = {
    versionclient: name,
    hardware: { name, memory: 1024, workgroup: name },
    bios: { smanufacturer: name, smodel: name, ssn: name },
    operatingsystem: { full_name: name, version: name, kernel_version: name },
    drives: [{ letter: name, filesystem: name, total: 1, free: 1 }],
    networks: [{ description: name, ipaddress: name, mac: name }],
    softwares: [{ name, version: name, from: 'deb', publisher: name }],
  };
  const body = JSON.stringify({ action: 'inventory', deviceid: name, itemtype: 'Computer', content });
  return new Promise((resolve, reject) => {
    const call = request(
      `${world.zone.devices}/collection/foreign/${token}`,
      {
        method: 'POST',
        ca: readFileSync(world.zone.ca),
        headers: { 'Content-Type': 'application/json', 'GLPI-Agent-ID': 'x' },
      },
      (res) => res.resume().on('end', () => resolve(res.statusCode)),
    );
    call.on('error', reject).end(body);
  });
}

const devices = [];

step('computers tell hostile things of themselves, and administrators name things so', async () => {
  assert.equal((await api('PUT', '/collection', { foreign: true })).status, 200);
  for (const name of NAMES) {
    const named = await api('POST', '/computers', { name });
    const made =
      named.status === 201 ? named : await api('POST', '/computers', { name: `pc ${devices.length}` });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    devices.push(made.body.id);
    const { body } = await api('POST', `/devices/${made.body.id}/inventory-token`, {});
    assert.equal(await tellInventory(body.token, name), 200, name.slice(0, 40));
    for (const [path, draft] of [
      ['/device-groups', { name }],
      ['/policies', { name, description: name }],
      [
        '/reports',
        {
          name,
          tests: [],
          words: '',
          columns: ['name', 'system.os'],
          every: '',
          hour: 0,
          format: 'csv',
          to: [],
          shared: true,
        },
      ],
    ]) {
      const { status } = await api('POST', path, draft);
      assert.ok(status === 201 || status === 422, `${path} answers ${status} to ${name.slice(0, 40)}`);
    }
  }
});

/** Nothing that was told has become a part of the page. */
async function harmless(where) {
  const found = await page.evaluate(() => ({
    obeyed: window.obeyed,
    elements: [
      ...document.querySelectorAll('img[src="x"], script:not([src]), a[href^="javascript:"], [onerror]'),
    ].map((e) => e.outerHTML),
    codes: document.body.innerText.includes('\u001b'),
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  }));
  assert.deepEqual(found, { obeyed: undefined, elements: [], codes: false, wide: 0 }, where);
}

async function look(path) {
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByLabel('Loading').last().waitFor({ state: 'detached' });
  await harmless(path);
}

step('every page shows them as text', async () => {
  for (const path of [
    '/',
    '/devices',
    '/software',
    '/changes',
    '/reports',
    '/groups',
    '/policies',
    '/registration',
    '/services',
    '/audit',
    '/scripts',
    '/commands',
    '/logs',
  ]) {
    await look(path);
    await picture(page, `hostile ${path.slice(1) || 'overview'}`);
  }
});

step('so does the page of each device, on each of its tabs', async () => {
  for (const id of devices) {
    await look(`/devices/${id}`);
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      await page.getByLabel('Loading').last().waitFor({ state: 'detached' });
      await harmless(`/devices/${id} ${await tab.innerText()}`);
    }
  }
  await picture(page, 'hostile device');
});

step('and nothing was complained of', async () => {
  assert.deepEqual(world.owner.faults, []);
});
