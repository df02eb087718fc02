// A server, a browser, and pages that watch themselves.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const PASSWORD = 'quiet otters paint seven lanterns';

const ZONE = 'America/Sao_Paulo';

const WORKSPACE = new URL('../../', import.meta.url);
const BROWSERS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/google-chrome'];
const FLAGS = [
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic', '--no-first-run',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

let address;
let browser;
let server;

/** The newest build of the server example. */
function serverFile() {
  if (process.env.GOALS_TEST_SERVER) return process.env.GOALS_TEST_SERVER;
  const builds = ['release', 'debug'].map((kind) => fileURLToPath(new URL(`target/${kind}/examples/server`, WORKSPACE)))
    .filter(existsSync).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  assert.ok(builds.length, 'no server: cargo build --example server, or set GOALS_TEST_URL');
  return builds[0];
}

async function startServer() {
  // So many tests are one very busy person; and more goals than one page of the API holds are enough.
  const options = ['--memory', '--listen', '127.0.0.1:0', '--throttle', 'off', '--goals-per-owner', '250', '--log', 'error'];
  server = spawn(serverFile(), options, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(server.stdout)) {
    const found = /^listening on (\S+)/.exec(line);
    if (found) return `${found[1]}/`;
  }
  throw new Error('the server ended before it listened');
}

/** Starts what the tests of a file need: a browser, and a server unless `GOALS_TEST_URL` names one without a throttle. */
export function useBrowser() {
  before(async () => {
    address = process.env.GOALS_TEST_URL ?? await startServer();
    browser = await chromium.launch({ executablePath: process.env.GOALS_TEST_BROWSER ?? BROWSERS.find(existsSync), args: FLAGS });
  });
  after(async () => {
    await browser?.close();
    server?.kill();
  });
}

/** Every test has its own people, so that files may share a server. */
export const somebody = () => `u${Math.random().toString(36).slice(2, 12)}`;

// What a page must never do, whatever it is shown.
async function watch(page, faults) {
  const own = new URL(address).host;
  page.on('pageerror', (error) => faults.push(`error: ${error.stack}`));
  page.on('console', (message) => {
    // The browser reports every refused request; refusals are part of what is tested.
    const refusal = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !refusal) faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { host, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && host !== own) faults.push(`request to ${host}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 500) faults.push(`${response.status()} from ${response.url()}`);
  });
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
}

/** Opens a browser of one person; `scenario` gets its first page. Every page of it must stay clean. */
export async function visit(options, scenario) {
  const { width = 1280, height = 800, locale = 'en-US', ...others } = options;
  const context = await browser.newContext({ viewport: { width, height }, locale, timezoneId: ZONE, ...others });
  context.setDefaultTimeout(20_000);
  const faults = [];
  await context.exposeFunction('reportViolation', (directive, what) => faults.push(`policy ${directive}: ${what}`));
  await context.addInitScript(() => document.addEventListener('securitypolicyviolation', (event) => {
    window.reportViolation(event.violatedDirective, event.blockedURI);
  }));
  context.on('page', (page) => watch(page, faults));
  try {
    const page = await context.newPage();
    await page.goto(address);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await scenario(page, context);
    assert.deepEqual(faults, []);
  } catch (error) {
    // What the page did wrong may be why the scenario failed.
    if (faults.length) error.message += `\n${faults.join('\n')}`;
    throw error;
  } finally {
    await context.close();
  }
}

/** Goes to another view; it is drawn when this is done. */
export const open = async (page, hash) => {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.evaluate(async (wanted) => {
    if (location.hash === wanted) return;
    const turned = new Promise((done) => { addEventListener('hashchange', done, { once: true }); });
    location.hash = wanted;
    await turned;
  }, hash);
  await page.locator('main:not([aria-busy])').waitFor();
};

/** The answer to the next write of the page: what is shown at once is not stored yet. */
export const written = (page, method = 'PATCH') => page.waitForResponse((response) => response.request().method() === method);

/** Waits for what moves to have come to rest; what a toast waits for is no movement. */
export const atRest = (page) => page.waitForFunction(() => document.getAnimations()
  .every(({ animationName, playState }) => animationName === 'lapse' || playState !== 'running'));

/** Waits for the dialog to be gone. It is hidden, and without a role, a moment before it is. */
export const dialogGone = (page) => page.locator('dialog').waitFor({ state: 'detached' });

/** Asks the API as the person of the page; answers `{status, version, body}`. */
export const ask = (page, method, path, body, version) => page.evaluate(async ([method_, path_, body_, version_]) => {
  const headers = { 'Content-Type': 'application/json', ...(version_ && { 'If-Match': `"${version_}"` }) };
  const answer = await fetch(`api/v1/${path_}`, { method: method_, headers, body: body_ && JSON.stringify(body_) });
  return { status: answer.status, body: await answer.json().catch(() => null) };
}, [method, path, body, version]);

/** Creates an account and signs in without the forms, for tests of what comes after. */
export async function signedIn(page, goals = [], locale = 'en') {
  const username = somebody();
  const account = { username, email: `${username}@example.org`, password: PASSWORD, locale, time_zone: ZONE };
  assert.equal((await ask(page, 'POST', 'users', account)).status, 201);
  assert.equal((await ask(page, 'POST', 'sessions', { login: username, password: PASSWORD, cookie: true })).status, 201);
  const made = [];
  for (const goal of goals) made.push((await ask(page, 'POST', 'goals', goal)).body);
  await page.reload();
  await page.getByRole('button', { name: /New goal|Nova meta/ }).waitFor();
  return made;
}

/** A civil day some days from now, where the people of the tests live. */
export const inDays = (days) => new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(Date.now() + days * 86_400_000);

/** Whether the page is wider than the window. */
export const overflows = (page) => page.evaluate(() => document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth);

/** The name of what has the focus, as a person hears it. */
export const focused = (page) => page.evaluate(() => {
  const { activeElement: element } = document;
  return (element.labels?.[0]?.textContent ?? element.getAttribute('aria-label') ?? element.textContent).trim();
});

/** Asks until the answer is `wanted`: a browser settles the focus, and more, in its own time. */
export async function becomes(question, wanted, message) {
  const end = Date.now() + 10_000;
  let answer = await question();
  while (answer !== wanted && Date.now() < end) answer = await question();
  assert.equal(answer, wanted, message);
}

export const hasFocus = (page, wanted, message) => becomes(() => focused(page), wanted, message);
