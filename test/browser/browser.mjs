import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Pictures are kept where SHOTS points to. */
const SHOTS = process.env.SHOTS;

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** Chromium that trusts one zone's authority and no other that is unknown. */
export async function openBrowser(zone) {
  const profile = mkdtempSync(join(tmpdir(), 'drover-chromium-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...FLAGS, `--ignore-certificate-errors-spki-list=${zone.spki}`],
    baseURL: zone.url,
    viewport: DESKTOP,
    colorScheme: 'light',
  });
  browser.setDefaultTimeout(30_000);
  return {
    context: browser,
    async close() {
      await browser.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** A page that gathers what its console complained about. */
export async function openPage(browser) {
  const page = await browser.context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    // An answer that is not 2xx is told by the browser itself; whether it was expected is the test's to say.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      faults.push(`${page.url()}: ${message.text()}`);
    }
  });
  return { page, faults };
}

const sessions = new WeakMap();

/** The one session with a page's tools: when a second one ends, Chromium takes the page's authenticators away. */
async function tools(page) {
  if (!sessions.has(page)) sessions.set(page, await page.context().newCDPSession(page));
  return sessions.get(page);
}

/** A passkey authenticator that says yes, as a fingerprint reader would. */
export async function addAuthenticator(page) {
  const session = await tools(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

/** Waits until what comes and goes has come and gone: half faded in, nothing has its colours. Twice, as one may start another. */
async function still(page) {
  for (let i = 0; i < 2; i++) {
    await page.evaluate(async () => {
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const ending = document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity);
      const longest = new Promise((resolve) => setTimeout(resolve, 3000)); // one that is paused never ends
      await Promise.race([longest, Promise.all(ending.map((a) => a.finished.catch(() => {})))]);
    });
  }
}

/** Everything that axe finds against the page, and whether the page is wider than the window. */
export async function judge(page) {
  await still(page);
  // Isolated from the page's own policy, which allows no foreign script.
  const session = await tools(page);
  await session.send('Runtime.evaluate', { expression: AXE });
  const { result } = await session.send('Runtime.evaluate', {
    expression:
      'axe.run({ resultTypes: ["violations"] }).then((r) => JSON.stringify(r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ")).join(", "))))',
    awaitPromise: true,
  });
  const faults = JSON.parse(result.value);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wider > 0) faults.push(`the page is ${wider} pixels wider than the window`);
  return faults;
}

export async function picture(page, name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}
