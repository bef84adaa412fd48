import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { button, choose, dialog, fine, fineEverywhere, goTo, openWorld, table, tell } from './story.mjs';

// The doors of the zone: who may come from where, tried before it is saved, taken back, and a server in a DMZ.
let world, page;

before(async () => {
  world = await openWorld();
  page = world.owner.page;
});

after(() => world?.close());

const step = tell(() => ({ owner: page }));
const tab = (name) => page.getByRole('tab', { name, exact: true }).click();
const panel = (name) => page.getByRole('region', { name, exact: true });

async function addRule(where, from) {
  await panel(where).getByRole('button', { name: 'Add a rule' }).click();
  await dialog(page).getByText('Keep out', { exact: true }).click();
  if (from) await dialog(page).getByLabel('Addresses').fill(from);
  else await choose(dialog(page), 'Whom', 'All internal addresses');
  await dialog(page).getByLabel('Note (optional)').fill('for the test');
  await fine(page, 'door-rule');
  await button(page, 'Add it').click();
  await dialog(page).waitFor({ state: 'detached' });
}

step('the services tell who calls them and who came', async () => {
  await goTo(page, 'Services and access');
  await table(page, 'What administrators call')
    .getByRole('button', { name: /^Who has called admin-api: \d/ })
    .click();
  await table(page, 'Visits').getByText('127.0.0.1').first().waitFor();
});

step('an administrator who would be shut out is told and stopped', async () => {
  await tab('Rules');
  await addRule('What administrators call', '127.0.0.1');
  await button(page, 'Try and save').click();
  await page.getByText('This would shut out you yourself').first().waitFor();
  await fine(page, 'doors-lockout');
  await button(page, 'Undo').click();
  await page.getByText('Keep out 127.0.0.1').waitFor({ state: 'detached' });
});

step('a rule is tried on who has come, and then saved', async () => {
  await addRule('What devices and users call', '127.0.0.0/8');
  await addRule('What devices and users call');
  await page.getByRole('button', { name: 'Move Keep out all internal addresses up' }).click();
  await page.getByRole('textbox', { name: 'Why (optional)' }).fill('devices come by the relay');
  await button(page, 'Try and save').click();
  await dialog(page)
    .getByText(/Of the \d+ requests? of the last 30 days/)
    .waitFor();
  await fine(page, 'doors-tried');
  await button(page, 'Save as version 1').click();
  await page.getByText('Version 1 of the doors holds, on every server.').waitFor();
  const first = page
    .getByRole('list', { name: 'Rules: What devices and users call' })
    .getByRole('listitem')
    .first();
  await first.getByText('Keep out all internal addresses').waitFor();
});

step('a server gets a name outside, and one sees what a computer is told', async () => {
  await tab('Addresses');
  await page.getByRole('button', { name: /^Add an address of / }).click();
  await dialog(page).getByRole('textbox', { name: 'Address' }).fill('https://outside.example.org');
  await choose(dialog(page), 'For collection', 'Nobody (hidden)');
  await fine(page, 'doors-address');
  await button(page, 'Add it').click();
  await page.getByRole('textbox', { name: /^Management: place of / }).fill('1');
  await button(page, 'Add a location').click();
  await dialog(page).getByLabel('Name').fill('Branch');
  await dialog(page).getByLabel('Networks').fill('10.7.0.0/16');
  await fine(page, 'doors-location');
  await button(page, 'Add it').click();
  await button(page, 'Try and save').click();
  await dialog(page).getByText('Computers inside are told of no server', { exact: false }).waitFor();
  await fine(page, 'doors-gaps');
  await button(page, 'Save as version 2').click();
  await page.getByText('Version 2 of the doors holds, on every server.').waitFor();
  await page.getByLabel('Address', { exact: true }).fill('198.51.100.7');
  await button(page, 'Tell').click();
  const told = table(page, 'What a computer would be told');
  await told.getByText('https://outside.example.org').first().waitFor();
  await told.getByText('Hidden from everybody').waitFor();
  await fine(page, 'doors-told');
});

step('bounds of size and time are set for one service', async () => {
  await tab('Rules');
  await choose(page, 'Say something of a single service', 'collection');
  await panel('collection').getByLabel('Largest body, in MiB').fill('0.5');
  await panel('collection').getByLabel('Longest exchange, in seconds').fill('20');
  await choose(panel('collection'), 'Proof of identity', 'observe: who comes by a token alone is let in and listed');
  await fine(page, 'doors-bounds');
  await button(page, 'Try and save').click();
  await button(page, 'Save as version 3').click();
  await page.getByText('Version 3 of the doors holds, on every server.').waitFor();
});

step('advice for a DMZ is followed in one click, and taken back', async () => {
  await tab('Hardening');
  await table(page, 'Advice').getByText('Not in this version').first().waitFor();
  await page.getByRole('button', { name: 'Set it: Phones: mail, companion, portal' }).click();
  await page.getByText('Set by version 4, which can be rolled back.').waitFor();
  await tab('Versions');
  await table(page, 'Versions').getByText('devices come by the relay').waitFor();
  await table(page, 'What changed').getByText('dmz').waitFor();
  await button(page, 'Go back to version 3').click();
  await page.getByText('Version 5 is in force, and says what was said before.').waitFor();
});

step('all of the advice is followed in one click at the machine itself, and taken back', async () => {
  await tab('Hardening');
  await button(page, 'Follow all of it').click();
  await page.getByText('Set by version 6, which can be rolled back.').waitFor();
  await tab('Services');
  await table(page, 'What administrators call').getByText('Otherwise on').first().waitFor();
  await tab('Versions');
  await button(page, 'Go back to version 5').click();
  await page.getByText('Version 7 is in force, and says what was said before.').waitFor();
});

step('the exposure report is a page of its own', async () => {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Exposure report' }).click(),
  ]);
  assert.equal(file.suggestedFilename(), 'exposure.html');
});

step('every page of it can be used by everybody', async () => {
  await fineEverywhere(page, {
    services: '/services',
    'services-rules': '/services?tab=rules',
    'services-addresses': '/services?tab=addresses',
    'services-visits': '/services?tab=visits',
    'services-versions': '/services?tab=versions',
    'services-hardening': '/services?tab=hardening',
  });
});

step('nothing complained in the console', () => {
  assert.deepEqual(world.owner.faults, []);
});
