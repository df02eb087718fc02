// Without the network: what is done waits, and arrives once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, becomes, dialogGone, signedIn, useBrowser, visit } from './harness.mjs';

useBrowser();

const button = (page, name) => page.getByRole('button', { name, exact: true });
const link = (page, name) => page.getByRole('link', { name, exact: true });
const current = async (page) => (await ask(page, 'GET', 'goals?sort=title')).body.items
  .map(({ title, status, description, version }) => [title, status, description, version]);
const kept = (page) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('goals.queue')).length);

const isWrite = (request) => /\/goals/.test(request.url()) && request.method() !== 'GET';

// Writes of goals go nowhere, or come back without an answer; everything else goes through.
const cut = (context, how = (route) => route.abort()) => context.route('**/api/v1/goals**', (route) => (
  isWrite(route.request()) ? how(route) : route.continue()));

test('created, edited and completed offline: each arrives once', () => visit({}, async (page, context) => {
  await signedIn(page, [{ title: 'Swim' }]);
  const writes = [];
  page.on('requestfinished', (request) => isWrite(request) && writes.push(request.method()));
  await context.setOffline(true);
  await button(page, 'Complete: Swim').click();
  await link(page, 'Swim').waitFor({ state: 'detached' });
  await page.getByText('Offline · 1 waiting').waitFor();
  await page.keyboard.press('n');
  await page.getByLabel('Title').fill('Sail');
  await button(page, 'Save').click();
  await link(page, 'Sail').waitFor();
  await dialogGone(page);
  await page.getByText('Offline · 2 waiting').waitFor();
  await button(page, 'More: Sail').click();
  await button(page, 'Edit: Sail').click();
  await page.getByLabel('Description').fill('on the lake');
  await button(page, 'Save').click();
  await dialogGone(page);
  await page.getByText('Offline · 3 waiting').waitFor();
  await context.setOffline(false);
  await page.getByText('Offline').waitFor({ state: 'hidden' });
  assert.deepEqual(writes, ['PATCH', 'POST', 'PATCH']);
  assert.deepEqual(await current(page), [['Sail', 'active', 'on the lake', 2], ['Swim', 'achieved', '', 2]]);
  assert.equal(await kept(page), 0);
  await link(page, 'Sail').waitFor();
}));

test('what waits survives a reload', () => visit({}, async (page, context) => {
  await signedIn(page, [{ title: 'Swim' }]);
  await cut(context);
  await button(page, 'Complete: Swim').click();
  await page.getByText('Offline · 1 waiting').waitFor();
  await page.keyboard.press('n');
  await page.getByLabel('Title').fill('Sail');
  await button(page, 'Save').click();
  await dialogGone(page);
  await page.getByText('Offline · 2 waiting').waitFor();
  await page.reload();
  await page.getByText('Offline · 2 waiting').waitFor();
  await link(page, 'Sail').waitFor();
  await link(page, 'Swim').waitFor({ state: 'detached' });
  await context.unrouteAll();
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.getByText('Offline').waitFor({ state: 'hidden' });
  assert.deepEqual(await current(page), [['Sail', 'active', '', 1], ['Swim', 'achieved', '', 2]]);
  assert.equal(await kept(page), 0);
}));

test('an answer that is lost is no second write', () => visit({}, async (page, context) => {
  await signedIn(page, [{ title: 'Swim' }]);
  await cut(context, async (route) => {
    await route.fetch();
    await route.abort();
  });
  await button(page, 'Complete: Swim').click();
  await page.getByText('Offline · 1 waiting').waitFor();
  await page.keyboard.press('n');
  await page.getByLabel('Title').fill('Sail');
  await button(page, 'Save').click();
  await dialogGone(page);
  await page.getByText('Offline · 2 waiting').waitFor();
  await context.unrouteAll();
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.getByText('Offline').waitFor({ state: 'hidden' });
  assert.deepEqual(await current(page), [['Sail', 'active', '', 1], ['Swim', 'achieved', '', 2]]);
  assert.equal(await page.getByText('changed elsewhere').count(), 0);
}));

test('what was changed elsewhere meanwhile is not overwritten', () => visit({}, async (page, context) => {
  const [goal] = await signedIn(page, [{ title: 'Swim' }]);
  await cut(context);
  await button(page, 'Complete: Swim').click();
  await page.getByText('Offline · 1 waiting').waitFor();
  await context.unrouteAll();
  await ask(page, 'PATCH', `goals/${goal.id}`, { status: 'paused' }, goal.version);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.getByText('“Swim” was changed elsewhere').waitFor();
  await page.getByRole('listitem').getByText('Paused').waitFor();
  assert.deepEqual(await current(page), [['Swim', 'paused', '', 2]]);
}));

test('what waits is wiped by signing out, and belongs to who did it', () => visit({}, async (page, context) => {
  await signedIn(page, [{ title: 'Swim' }]);
  await cut(context);
  await button(page, 'Complete: Swim').click();
  await page.getByText('Offline · 1 waiting').waitFor();
  // Another person on this device, without a sign-out: nothing of it is theirs.
  await context.unrouteAll();
  await signedIn(page, [{ title: 'Mine' }]);
  await cut(context);
  await link(page, 'Mine').waitFor();
  assert.equal(await page.getByText('Offline').isVisible(), false);
  assert.equal(await kept(page), 1);
  await button(page, 'Complete: Mine').click();
  await page.getByText('Offline · 1 waiting').waitFor();
  assert.equal(await kept(page), 2);
  await button(page, 'Settings').click();
  await button(page, 'Sign out').click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await becomes(() => kept(page), 1, 'those of the other');
}));
