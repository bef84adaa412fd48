import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { DESKTOP, PHONE } from './browser.mjs';
import { startCompanion } from './server.mjs';
import { startTiles } from './tiles.mjs';
import {
  button,
  callApi,
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

// What devices are held to, and what they tell of their users: a rule from its trial to an exemption, and a phone with a
// companion application whose positions, calls and files are looked at, for a reason that its owner sees.
let world, page, phone, user, device, tiles;

const api = (...args) => callApi(page, ...args);

before(async () => {
  world = await openWorld();
  page = world.owner.page;
  const settings = {
    'audit.location': true,
    'audit.location-exact': true,
    'audit.phone-log': true,
    'audit.text-log': true,
    'audit.files': true,
    'audit.file-paths': ['/sdcard/reports'],
    'audit.device-log': true,
  };
  const suite = await api('POST', '/policies', {
    name: 'Everything',
    corporate: settings,
    personal: settings,
  });
  await api('POST', '/policy-assignments', { kind: 'default', suite: suite.id });
  user = await api('POST', '/users', { name: 'ann', mail: 'ann@example.org' });
  const { link } = await api('POST', '/enrolment/invitations', { user: user.id });
  const at = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
  phone = await startCompanion(world.zone, link, {
    location: [{ at: at(5), latitude: 48.2082, longitude: 16.3738, accuracy: 20 }],
    'phone-log': [{ at: at(30), number: '555-0100', direction: 'out', seconds: 61 }],
    'text-log': [{ at: at(60), number: '555-0101', direction: 'in' }],
    file: { path: '/sdcard/reports/week.txt', modified: at(90), content: 'all well' },
  });
  device = phone.device;
});

after(async () => {
  for (const part of [phone, tiles, world]) await part?.close();
});

const step = tell(() => ({ owner: page }));

step('a rule says in words what follows, is tried, and is saved', async () => {
  await goTo(page, 'Compliance');
  await heading(page, 'Compliance').waitFor();
  await fine(page, 'compliance-empty');
  await button(page, 'Add a rule').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('No Android 4');
  await choose(dialog(page), 'A device breaks it when', 'The device is personal');
  await dialog(page).getByText('Block', { exact: true }).click();
  await dialog(page).getByLabel('Grace, in hours').fill('48');
  await dialog(page).getByText('After 2 days: the device is refused mail.').waitFor();
  await choose(dialog(page), 'A device breaks it when', 'The device has not been in contact');
  await dialog(page).getByLabel('For how many hours').fill('1');
  await button(page, 'Try it').click();
  await dialog(page).getByText('0 would break it').waitFor();
  await choose(
    dialog(page),
    'A device breaks it when',
    'The device’s storage is not encrypted'.replace('’', "'"),
  );
  await dialog(page).getByLabel('Not knowing counts too').click();
  await fine(page, 'compliance-rule');
  await button(page, 'Save').click();
  await table(page, 'Rules of compliance').getByText('No Android 4').waitFor();
});

/** The rule of a name as it was saved; it is taken away. */
async function takeRule(name) {
  const { items } = await api('GET', '/compliance/rules');
  const rule = items.find((r) => r.name === name);
  await api('DELETE', `/compliance/rules/${rule.id}`);
  return rule;
}

step('a least version holds from a day on', async () => {
  await button(page, 'Add a rule').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Current systems');
  await choose(dialog(page), 'A device breaks it when', "The device's system is too old");
  const floors = dialog(page).getByRole('group', { name: 'Least versions' });
  await choose(floors, 'Platform', 'iOS and iPadOS Mail');
  await floors.getByLabel('At least').fill('new');
  await button(page, 'Save').click();
  await floors.getByRole('alert').getByText('"new" is no version of a platform').waitFor();
  await floors.getByLabel('At least').fill('18.1');
  await floors.getByLabel('From (always if empty)').fill('2027-02-01');
  await dialog(page).getByText('below 18.1 from 2027-02-01 on').waitFor();
  await fine(page, 'compliance-floors');
  await button(page, 'Save').click();
  await table(page, 'Rules of compliance').getByText('Current systems').waitFor();
  const { floors: kept } = await takeRule('Current systems');
  assert.deepEqual(kept, [{ platform: 'ios', version: '18.1', from: '2027-02-01' }]);
});

step('a rule of an area says where and when', async () => {
  await button(page, 'Add a rule').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Not on the test ground');
  await choose(dialog(page), 'A device breaks it when', 'The device is inside a forbidden area');
  await dialog(page).getByText('Polygon', { exact: true }).click();
  const corners = dialog(page).getByRole('textbox', { name: 'Corners' });
  await corners.fill('48.10, 16.30\nhere');
  await dialog(page).getByText('Line 2 is no corner.').waitFor();
  await button(page, 'Save').click(); // the other lines alone would be another area
  await dialog(page).getByText('An area is a circle or a polygon.').first().waitFor();
  await corners.fill('48.10, 16.30\n48.10, 16.40\n48.15, 16.40');
  const map = dialog(page).getByRole('application');
  await map.focus();
  await page.keyboard.press('Enter'); // the place in the middle is a corner too
  assert.match(await corners.inputValue(), /^(-?[\d.]+, -?[\d.]+\n){3}-?[\d.]+, -?[\d.]+$/);
  await corners.fill('48.10, 16.30\n48.10, 16.40\n48.15, 16.40');
  await dialog(page).getByText('At some times of the week').click();
  await button(page, 'Remove time 1 of Monday').click();
  await button(page, 'Add a time on Friday').click();
  await dialog(page).getByLabel('Friday, time 2, from').fill('20:00');
  await dialog(page).getByLabel('Friday, time 2, to').fill('22:00');
  await dialog(page).getByText('a polygon of 3 corners').waitFor();
  await dialog(page).getByText('Tuesday to Friday, 08:00 to 18:00; Friday, 20:00 to 22:00').waitFor();
  await fine(page, 'compliance-area');
  await button(page, 'Save').click();
  await table(page, 'Rules of compliance').getByText('Not on the test ground').waitFor();
  const { area } = await takeRule('Not on the test ground');
  assert.deepEqual(
    [area.polygon.length, area.hours, area.circle, area.during.windows],
    [
      3,
      24,
      undefined,
      [
        { days: [2, 3, 4, 5], from: 480, to: 1080 },
        { days: [5], from: 1200, to: 1320 },
      ],
    ],
  );
});

step('a circle is typed as it is, and half of one is none', async () => {
  await button(page, 'Add a rule').click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('In London');
  await choose(dialog(page), 'A device breaks it when', 'The device is outside its area');
  await dialog(page).getByLabel('Latitude').pressSequentially('51.5072');
  await button(page, 'Save').click();
  await dialog(page).getByText('An area is a circle or a polygon.').first().waitFor();
  await page.waitForFunction(() =>
    document.activeElement?.closest('.mantine-NumberInput-root')?.textContent.startsWith('Latitude'),
  );
  await dialog(page).getByLabel('Longitude').pressSequentially('-0.1278');
  await button(page, 'Save').click();
  await table(page, 'Rules of compliance').getByText('In London').waitFor();
  const { area } = await takeRule('In London');
  assert.deepEqual(area.circle, { latitude: 51.5072, longitude: -0.1278, metres: 5000 });
});

step('the mails to owners are written with a preview, and put back', async () => {
  await page.goto('/compliance?tab=mails');
  const mails = table(page, 'Mails to owners');
  await mails.getByText('{device} does not meet the rules').waitFor();
  assert.equal(await mails.getByText('Built-in', { exact: true }).count(), 4);
  await button(page, 'Edit the mail: A rule is broken').click();
  const preview = dialog(page).getByRole('region', { name: 'Preview' });
  await preview.getByText('Office phone does not meet the rules').waitFor();
  await dialog(page).getByText('Why the device breaks it, in a sentence').waitFor();
  const text = dialog(page).getByLabel('Text', { exact: true });
  await text.fill('Dear colleague, {because} {mendd}');
  await dialog(page).getByText('Nothing replaces {mendd}').waitFor();
  await preview.getByText('There is none until the fault above is mended.').waitFor();
  await fine(page, 'notices-fault');
  await text.fill('Dear colleague,\n\n{because} {mend}');
  await preview.getByText('Its storage is not encrypted. Switch encryption on').waitFor();
  await page.setViewportSize(PHONE);
  await fine(page, 'notices-phone');
  await page.setViewportSize(DESKTOP);
  await fine(page, 'notices-edit');
  await button(page, 'Save').click();
  await mails.getByText('Your own', { exact: true }).waitFor();
  await button(page, 'Edit the mail: A rule is broken').click();
  await button(page, 'Put the built-in words here').click();
  await button(page, 'Save').click();
  await mails.getByText('Your own', { exact: true }).waitFor({ state: 'detached' });
});

step('the device tells what each rule says of it, and is exempted', async () => {
  await page.goto(`/devices/${device}?tab=compliance`);
  await table(page, 'What the rules say').getByText('No Android 4').waitFor();
  await button(page, 'Exempt this device…').click();
  await dialog(page).getByLabel('Reason').fill('It is being replaced');
  await fine(page, 'compliance-exempt');
  await button(page, 'Exempt').click();
  await table(page, 'What the rules say').getByText('Exempt', { exact: true }).waitFor();
  await page.getByRole('region', { name: 'Exemptions' }).getByText('It is being replaced').waitFor();
});

/** Zooms and pushes a map of one position in each way that there is, and goes back to the whole. */
async function exploreMap(map) {
  const scope = dialog(map.page());
  const scale = () => map.locator('text').last().textContent();
  const pin = async () => {
    const { x, y } = await map.locator('g:has(> title) > path').boundingBox();
    return [Math.round(x), Math.round(y)];
  };
  const [first, place] = [await scale(), await pin()];
  await button(scope, 'Zoom in').click();
  await button(scope, 'Zoom in').click();
  assert.notEqual(await scale(), first);
  await map.focus();
  await map.press('-');
  await map.press('-');
  assert.equal(await scale(), first);
  await map.press('ArrowLeft');
  assert.deepEqual(await pin(), [place[0] + 60, place[1]]);
  const { x, y, width, height } = await map.boundingBox();
  const { mouse } = map.page();
  await mouse.move(x + width / 2, y + height / 2);
  await mouse.down();
  await mouse.move(x + width / 2 - 100, y + height / 2 + 30, { steps: 4 });
  await mouse.up();
  assert.deepEqual(await pin(), [place[0] - 40, place[1] + 30]);
  await mouse.wheel(0, -500);
  await map.getByText('Austria').waitFor();
  await map.press('0');
  assert.deepEqual([await scale(), await pin()], [first, place]);
}

step('positions are looked at on a map, for a reason', async () => {
  await page.goto(`/devices/${device}?tab=personal`);
  await button(page, 'Look at: Where the device was').click();
  await dialog(page).getByLabel('Reason').fill('The phone is lost');
  await button(page, 'Look').click();
  const map = dialog(page).getByRole('application', { name: 'Map with 1 position;' });
  await map.getByText('Austria').waitFor();
  await dialog(page).getByText('48.20820, 16.37380').waitFor();
  await fine(page, 'personal-map');
  await exploreMap(map);
  await page.emulateMedia({ colorScheme: 'dark' });
  await fine(page, 'personal-map-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(PHONE);
  await fine(page, 'personal-map-phone');
  await page.setViewportSize(DESKTOP);
  await button(page, 'Done').click();
  await button(page, 'Look at: Calls: number, direction, time and length').click();
  await dialog(page).getByLabel('Reason').fill('The phone is lost');
  await button(page, 'Look').click();
  await dialog(page).getByText('To 555-0100').waitFor();
  await button(page, 'Done').click();
});

const lookAtTheMap = async () => {
  await page.goto(`/devices/${device}?tab=personal`);
  await button(page, 'Look at: Where the device was').click();
  await dialog(page).getByLabel('Reason').fill('The phone is lost');
  await button(page, 'Look').click();
  await dialog(page).getByRole('application', { name: 'Map with 1 position;' }).waitFor();
};

const allowedImages = () =>
  page.evaluate(async () => {
    const policy = (await fetch('/')).headers.get('Content-Security-Policy');
    return policy.split('; ').find((part) => part.startsWith('img-src'));
  });

step('the operator’s own map server is named, and nothing else is allowed', async () => {
  tiles = await startTiles();
  await page.goto('/personal-data');
  await page.getByText('no server learns of them').waitFor();
  assert.equal(await allowedImages(), "img-src 'self' data: blob:");
  await button(page, 'Use a map server').click();
  await dialog(page).getByLabel('Address of a tile').fill('http://tiles.example.org/{z}/{x}/{y}.png');
  await dialog(page).getByLabel('Who has made the map').fill('Surveyors of Example');
  await button(dialog(page), 'Save').click();
  await dialog(page).getByText('The address begins with https://').waitFor();
  await fine(page, 'map-server');
  await dialog(page).getByLabel('Address of a tile').fill(tiles.url);
  await button(dialog(page), 'Save').click();
  await page.getByText(tiles.url).waitFor();
  await dialog(page).waitFor({ state: 'detached' });
  assert.equal(await allowedImages(), `img-src 'self' data: blob: ${tiles.origin}`);
});

step('positions lie on its tiles, which learn of nothing but themselves', async () => {
  await lookAtTheMap();
  await dialog(page).getByText('Surveyors of Example').waitFor();
  const images = dialog(page).getByRole('application').locator('image');
  const wanted = await images.evaluateAll((list) =>
    list.map((i) => new URL(i.getAttribute('href')).pathname),
  );
  assert.ok(wanted.length >= 6 && wanted.every((path) => path.startsWith('/15/')), String(wanted));
  await Promise.all(
    wanted.map((path) =>
      images
        .page()
        .waitForFunction(
          (address) => performance.getEntriesByName(address).some((e) => e.responseEnd > 0),
          tiles.origin + path,
        ),
    ),
  );
  assert.deepEqual([...new Set(tiles.asked.map((a) => a.path))].sort(), [...wanted].sort());
  assert.ok(tiles.asked.every((a) => a.referrer === undefined && a.cookie === undefined));
  await fine(page, 'map-tiles');
  const before = tiles.asked.length;
  await button(dialog(page), 'Zoom out').click();
  await page.waitForFunction(
    (origin) => performance.getEntriesByType('resource').some((e) => e.name.startsWith(`${origin}/14/`)),
    tiles.origin,
  );
  assert.ok(tiles.asked.slice(before).every((a) => a.path.startsWith('/14/')));
  for (let i = 0; i < 6; i++) await button(dialog(page), 'Zoom in').click();
  await fine(page, 'map-tiles-near');
  assert.ok(tiles.asked.every((a) => Number(a.path.split('/')[1]) <= 16));
  await page.setViewportSize(PHONE);
  await fine(page, 'map-tiles-phone');
  await page.setViewportSize(DESKTOP);
});

step('without its server a map says so and shows the outline', async () => {
  await tiles.close();
  tiles = undefined;
  await lookAtTheMap();
  await dialog(page).getByText('this is the outline that Drover brings along').waitFor();
  assert.equal(await dialog(page).locator('image').count(), 0);
  await dialog(page).getByRole('application').getByText('Austria').waitFor();
  await fine(page, 'map-gone');
  await page.goto('/personal-data');
  await button(page, 'Change').click();
  await button(page, 'Use the outline again').click();
  await page.getByText('no server learns of them').waitFor();
  assert.equal(await allowedImages(), "img-src 'self' data: blob:");
});

step('the user’s page lists the looks, exports all, and holds', async () => {
  await page.goto(`/users/${user.id}`);
  const looks = table(page, 'Looks at this user’s data');
  await looks.getByText('The phone is lost').first().waitFor();
  await button(page, 'Export everything…').click();
  await dialog(page).getByLabel('Reason').fill('Asked by letter');
  const download = page.waitForEvent('download');
  await button(page, 'Export').click();
  assert.equal((await download).suggestedFilename(), 'ann.zip');
  await button(page, 'Place a legal hold…').click();
  await dialog(page).getByLabel('Reason').fill('An inquiry');
  await button(page, 'Place the hold').click();
  await page.getByText('A legal hold stands').waitFor();
});

step('the retention of one kind is changed', async () => {
  await goTo(page, 'Personal data');
  await page.getByLabel('Days for: Where the device was').fill('7');
  await button(page, 'Save').click();
  await page.getByText('What is older than its time goes within the hour').waitFor();
  await table(page, 'Legal holds').getByText('An inquiry').waitFor();
});

step('all pages can be used by everybody', async () => {
  await fineEverywhere(page, {
    compliance: '/compliance',
    breaches: '/compliance?tab=breaches',
    exemptions: '/compliance?tab=exemptions',
    mails: '/compliance?tab=mails',
    'device-compliance': `/devices/${device}?tab=compliance`,
    'device-personal': `/devices/${device}?tab=personal`,
    user: `/users/${user.id}`,
    'personal-data': '/personal-data',
  });
});
