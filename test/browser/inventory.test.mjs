import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { after, before } from 'node:test';
import { DESKTOP } from './browser.mjs';
import {
  button,
  choose,
  dialog,
  fine,
  fineEverywhere,
  goTo,
  heading,
  openWorld,
  table,
  tell,
} from './story.mjs';

// Computers tell what they are made of: one is added, its agent is let in and tells, and the zone is asked who has what.
let world, page, device;
const addresses = {};

const NARROW = { width: 360, height: 780 };

before(async () => {
  world = await openWorld();
  page = world.owner.page;
});

after(() => world?.close());

const step = tell(() => ({ owner: page }));

/** Programs enough for a list that is searched rather than read. */
const LIBRARIES = Array.from({ length: 240 }, (_, i) => [`libexample${i + 1}`, `1.${i}-1`]);

const element = (name, fields) =>
  `<${name}>${Object.entries(fields)
    .map(([key, value]) => `<${key}>${value}</${key}>`)
    .join('')}</${name}>`;

/** What FusionInventory sends of a computer with these programs. */
function message(programs) {
  const content = [
    element('HARDWARE', {
      ...{ NAME: 'pc7', WORKGROUP: 'example.org', MEMORY: 16384, CHASSIS_TYPE: 'Laptop' },
      UUID: '4c4c4544-0042-3110-8052-b4c04f463732',
    }),
    element('BIOS', {
      SMANUFACTURER: 'Example',
      SMODEL: 'E7',
      SSN: 'S-77',
      BVERSION: '1.2.3',
      BDATE: '2025-02-01',
    }),
    element('OPERATINGSYSTEM', {
      ...{ FULL_NAME: 'Debian GNU/Linux 12 (bookworm)', VERSION: '12', KERNEL_VERSION: '6.1.0-18-amd64' },
      ...{ ARCH: 'x86_64', BOOT_TIME: '2026-11-01 08:00:00' },
    }),
    element('CPUS', { NAME: 'Fast 7', CORE: 8, THREAD: 16, SPEED: 3200 }),
    element('DRIVES', { TYPE: '/', VOLUMN: '/dev/sda2', FILESYSTEM: 'ext4', TOTAL: 476940, FREE: 102400 }),
    element('NETWORKS', {
      ...{ DESCRIPTION: 'eth0', MACADDR: '00:53:00:AA:BB:CC', IPADDRESS: '192.0.2.7', STATUS: 'Up' },
      SPEED: 1000,
    }),
    ...programs.map(([NAME, VERSION]) => element('SOFTWARES', { NAME, VERSION, ARCH: 'amd64', FROM: 'deb' })),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?><REQUEST><DEVICEID>pc7-2026-11-01-08-00-00</DEVICEID><QUERY>INVENTORY</QUERY><CONTENT><VERSIONCLIENT>FusionInventory-Agent_v2.6</VERSIONCLIENT>${content.join('')}</CONTENT></REQUEST>`;
}

/** Sends a message as an agent does, and returns the status of the answer. */
async function send(address, programs) {
  const sent = request(address, {
    method: 'POST',
    ca: readFileSync(world.zone.ca),
    headers: { 'Content-Type': 'text/xml' },
  });
  sent.end(message(programs));
  const [answer] = await once(sent, 'response');
  answer.resume();
  await once(answer, 'end');
  return answer.statusCode;
}

/** The server's address names the zone; the test reaches it where it listens. */
const here = (address) => new URL(new URL(address).pathname, world.zone.devices);

const secret = (name) =>
  button(dialog(page), `Copy ${name}`).locator('xpath=preceding-sibling::*').innerText();

const openssl = ['openssl', '3.0.14-1~deb12u2'];
const mended = ['openssl', '3.0.15-1~deb12u1'];

step('a computer is added, and its token is shown once', async () => {
  await goTo(page, 'Devices');
  await button(page, 'Add a computer').click();
  await dialog(page).getByText('Inventory agent of others', { exact: true }).click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('ann-laptop');
  await fine(page, 'computer-add');
  await dialog(page).getByRole('button', { name: 'Add', exact: true }).click();
  await dialog(page).getByText('The token is shown this once').waitFor();
  await dialog(page).getByText('Inventory agents of others are not let in yet').waitFor();
  const token = await secret('token');
  addresses.first = await secret('address for OCS Inventory');
  assert.ok(addresses.first.endsWith(`/collection/foreign/${token}`), addresses.first);
  assert.ok((await secret('address for GLPI Agent')).endsWith('/front/inventory.php'));
  assert.ok((await secret('address for FusionInventory')).endsWith('/plugins/fusioninventory/'));
  await fine(page, 'computer-token');
});

step('its agent is refused until such agents are let in', async () => {
  assert.equal(await send(here(addresses.first), [openssl]), 403);
  await dialog(page).getByRole('button', { name: 'Let them in', exact: true }).click();
  await page.getByText('Inventory agents of others are let in.').waitFor();
  await dialog(page)
    .getByText('Inventory agents of others are not let in yet')
    .waitFor({ state: 'detached' });
  await page.setViewportSize(NARROW);
  await fine(page, 'computer-token-narrow');
  await page.setViewportSize(DESKTOP);
  await button(page, 'Done').click();
});

step('a computer of nobody says so, and what to do next', async () => {
  const row = table(page, 'Devices').getByRole('row', { name: /ann-laptop/ });
  await row.getByText('nobody', { exact: true }).waitFor();
  await row.getByRole('link', { name: 'ann-laptop' }).click();
  await heading(page, 'ann-laptop').waitFor();
  device = page.url().split('/').pop();
  await page.getByText('Computer with an inventory agent, nobody’s').waitFor();
  assert.equal(await page.getByRole('link', { name: 'nobody' }).count(), 0);
  await page.getByRole('tab', { name: 'Inventory' }).click();
  await page.getByText('It has told no inventory yet').waitFor();
  await page.getByText('It has a token, made').waitFor();
  await fine(page, 'inventory-empty');
});

step('a token is made anew, and the earlier one ends', async () => {
  await button(page, 'Make it anew…').click();
  await button(dialog(page), 'Make it anew').click();
  await dialog(page).getByText('The token is shown this once').waitFor();
  addresses.second = await secret('address for OCS Inventory');
  await button(page, 'Done').click();
  assert.equal(await send(here(addresses.first), [openssl]), 401);
  assert.equal(await send(here(addresses.second), [openssl, ['vim', '2:9.0.1378-2'], ...LIBRARIES]), 200);
});

step('what the computer has told is read section by section', async () => {
  await page.reload();
  const told = table(page, 'What it has told');
  await told.getByText('FusionInventory-Agent_v2.6').first().waitFor();
  await fine(page, 'inventory-sections');
  await told.getByRole('button', { name: 'Hardware' }).click();
  await page.getByText('16 GiB', { exact: true }).waitFor();
  await fine(page, 'inventory-hardware');
  await choose(page, 'Section', 'Software');
  await page.getByText('242, the first 200 are shown: search for the others').waitFor();
  await page.getByLabel('Search: Software').fill('openssl');
  await page.getByText('1 of 242').waitFor();
  await table(page, 'Software').getByText(openssl[1]).waitFor();
  await fine(page, 'inventory-software');
  await button(page, 'All sections').click();
});

step('what has changed is told, by section', async () => {
  assert.equal(await send(here(addresses.second), [mended, ['vim', '2:9.0.1378-2'], ...LIBRARIES]), 200);
  await page.reload();
  const changes = table(page, 'Changes');
  await changes.getByText(`Version: ${openssl[1]} → ${mended[1]}`).waitFor();
  await choose(page, 'Changes of which section', 'Hardware');
  await page.getByText('Nothing has changed since it told this first').waitFor();
  await choose(page, 'Changes of which section', 'Software');
  await changes.getByText(`openssl ${mended[1]}`).waitFor();
  await fine(page, 'inventory-changes');
});

step('what has changed on all computers is narrowed, and read page by page', async () => {
  const kept = [mended, ['vim', '2:9.0.1378-2'], ...LIBRARIES];
  const passing = Array.from({ length: 120 }, (_, i) => [`passing${i + 1}`, '1']);
  for (const programs of [[...kept, ...passing], kept]) {
    assert.equal(await send(here(addresses.second), programs), 200);
  }
  await goTo(page, 'What changed');
  const changes = table(page, 'What changed');
  await changes.getByText('ann-laptop').first().waitFor();
  assert.equal(await changes.getByRole('row').count(), 101);
  await button(page, 'Show more').click();
  await changes.getByRole('row').nth(150).waitFor();
  await choose(page, 'Kind of change', 'Changed');
  await changes.getByText(`Version: ${openssl[1]} → ${mended[1]}`).waitFor();
  assert.equal(await changes.getByRole('row').count(), 2);
  await choose(page, 'Kind of change', 'Gone');
  await page.getByLabel('Name of what has changed').fill('passing1*');
  await changes.getByText('passing100 1').waitFor();
  await changes.getByText('passing2 1').waitFor({ state: 'detached' });
  await choose(page, 'Since when', 'Since a year ago');
  await page.getByText('A name with * is looked for in the last 31 days').first().waitFor();
  await fine(page, 'changes-too-far');
  await page.getByLabel('Name of what has changed').fill('PASSING7');
  await changes.getByText('passing7 1').waitFor();
  await choose(page, 'Section', 'Hardware');
  await page.getByText('No change matches').waitFor();
  await fine(page, 'changes-no-match');
  await fineEverywhere(page, { changes: '/changes', 'changes-narrow': '/changes?name=openssl' });
  await page.goto('/changes?name=openssl');
  await changes.getByRole('link', { name: 'ann-laptop' }).first().click();
  await page.getByRole('tab', { name: 'Inventory', selected: true }).waitFor();
});

const found = () => table(page, 'Devices that fulfil the question');

step('the zone is asked, by examples and in one’s own words', async () => {
  await goTo(page, 'Software');
  await heading(page, 'Software').waitFor();
  await page.getByText(/of 100 programs|of 242 programs/).waitFor();
  await fine(page, 'software');
  await button(page, 'openssl older than 3.0.15, on Debian').click();
  await page.getByText('No device fulfils this').waitFor();
  const question = page.getByRole('combobox', { name: 'Question' });
  await page.getByLabel('Clear the question').click();
  await question.fill('openssl>=3.0.15');
  await button(page, 'Ask').click();
  await found().getByText(`openssl ${mended[1]} amd64`).waitFor();
  await question.fill('system.os~debian');
  await question.press('Enter');
  await page.getByText('1 found').waitFor();
  await found().getByRole('link', { name: 'ann-laptop' }).waitFor();
  await fine(page, 'software-found');
});

step('a question is a link, and what is wrong with one is said at its field', async () => {
  const address = page.url();
  await page.goto('/');
  await page.goto(address);
  await found().getByRole('link', { name: 'ann-laptop' }).waitFor();
  await page.getByLabel('Clear the question').click();
  const question = page.getByRole('combobox', { name: 'Question' });
  await question.fill('openssl<');
  await question.press('Enter');
  await page.getByText('A question is written as').waitFor();
  await fine(page, 'software-fault');
  await page.getByLabel('Clear the question').click();
  await page.getByText('A question is written as').waitFor({ state: 'detached' });
});

step('a program shows its versions, and who has one', async () => {
  await page.getByLabel('Search programs').fill('openssl');
  await page.getByText('1 of 1 program').waitFor();
  await button(page, 'openssl').click();
  await table(page, 'Versions of openssl').getByText(mended[1]).waitFor();
  await fine(page, 'software-versions');
  await button(page, `Who has this? openssl ${mended[1]}`).click();
  await found().getByRole('link', { name: 'ann-laptop' }).waitFor();
  await page.getByText(`dpkg:openssl=${mended[1]}`).first().waitFor();
});

step('the pages can be used by everybody, on a narrow telephone too', async () => {
  await page.setViewportSize(NARROW);
  const narrow = {
    'narrow-software': '/software',
    'narrow-found': `/software?ask1=${encodeURIComponent('lib*')}`,
    'narrow-inventory': `/devices/${device}?tab=inventory`,
    'narrow-section': `/devices/${device}?tab=inventory&section=software`,
  };
  for (const [name, path] of Object.entries(narrow)) {
    await page.goto(path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByLabel('Loading').last().waitFor({ state: 'detached' });
    await fine(page, name);
  }
  await fineEverywhere(page, {
    devices: '/devices',
    software: `/software?ask1=${encodeURIComponent('lib*')}`,
    'inventory-tab': `/devices/${device}?tab=inventory`,
    'inventory-volume': `/devices/${device}?tab=inventory&section=volume`,
    'inventory-system': `/devices/${device}?tab=inventory&section=system`,
  });
});

step('a question is saved as a report, tried, and answered as a file', async () => {
  await goTo(page, 'Reports');
  await page.getByText('No report yet').waitFor();
  await fine(page, 'reports-empty');
  await button(page, 'New report').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('New openssl');
  await dialog(page).getByLabel('Tests').fill('openssl>=3.0.15,<4');
  await dialog(page).getByLabel('Tests').press('Enter');
  await button(dialog(page), 'Show the first rows').click();
  await table(dialog(page), 'First rows').getByText('ann-laptop').waitFor();
  await fine(page, 'reports-form');
  await button(dialog(page), 'Save').click();
  const row = table(page, 'Reports').getByRole('row', { name: /New openssl/ });
  await row.getByText('openssl>=3.0.15,<4').waitFor();
  await fineEverywhere(page, { reports: '/reports' });
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    row.getByRole('link', { name: 'New openssl as CSV' }).click(),
  ]);
  const text = readFileSync(await file.path(), 'utf8');
  assert.ok(text.startsWith('name,user,os,last contact\r\nann-laptop,'), text);
});

step('a token is ended, and the agents are let in no more', async () => {
  await page.goto(`/devices/${device}?tab=inventory`);
  await button(page, 'End it…').click();
  await fine(page, 'token-end');
  await button(dialog(page), 'End it').click();
  await page.getByText('It has no token').waitFor();
  assert.equal(await send(here(addresses.second), [mended]), 401);
  await goTo(page, 'Software');
  await button(page, 'Let them in no more').click();
  await page.getByText('Inventory agents of others are refused.').waitFor();
  assert.equal(await send(here(addresses.second), [mended]), 403);
});

step('nothing went wrong in the console', () => {
  assert.deepEqual(world.owner.faults, []);
});
