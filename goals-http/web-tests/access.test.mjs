// Every view for everybody: axe in both schemes, narrow windows, the keyboard alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import axe from 'axe-core';
import {
  ask, atRest, becomes, dialogGone, focused, hasFocus, inDays, open, overflows, PASSWORD, signedIn, somebody, useBrowser, visit,
} from './harness.mjs';

useBrowser();

const GOALS = [
  { title: 'Run a half marathon', icon: '🏃', color: 'green', deadline: inDays(-3), priority: 'high', tags: ['health', 'running'],
    measure: { kind: 'checklist', items: [{ text: 'Buy shoes', done_on: inDays(-1) }, { text: 'y'.repeat(90) }] } },
  { title: 'Read twelve books', color: 'yellow', deadline: inDays(9), priority: 'medium', start: inDays(-9), measure: { kind: 'metric', target: 12, unit: 'books' }, attributes: { shelf: ['a', 'b'], paper: true, budget: 350 } },
  { title: 'Donaudampfschifffahrtsgesellschaftskapitänspatent', description: 'x'.repeat(300), tags: ['a'.repeat(40)] },
  { title: 'Rest', status: 'paused' }, { title: 'Done', status: 'achieved' }, { title: 'Late', status: 'missed' },
  { title: 'Not now', status: 'dropped' }, { title: 'Perhaps', status: 'draft' },
];

/** Calls `see` with the name of every view there is, once it has come to rest. */
async function everyView(page, see) {
  const look = async (name) => {
    await atRest(page);
    await see(name);
  };
  const button = (name) => page.getByRole('button', { name, exact: true });
  const escape = () => page.keyboard.press('Escape');
  await look('sign in');
  await button('Sign in').click();
  await page.getByRole('alert').filter({ hasText: /./ }).first().waitFor();
  await look('sign in refused');
  await button('Create account').click();
  await button('Create account').click();
  await page.getByRole('textbox', { name: 'Username' }).and(page.locator('[aria-invalid]')).waitFor();
  await look('register refused');
  await signedIn(page);
  await open(page, '#/');
  await look('nothing yet');
  const made = await page.evaluate(async (goals) => {
    const headers = { 'Content-Type': 'application/json' };
    const ids = [];
    for (const { status, ...goal } of goals) {
      const { id } = await (await fetch('api/v1/goals', { method: 'POST', headers, body: JSON.stringify({ ...goal, ...(status === 'draft' && { status }) }) })).json();
      if (status && status !== 'draft') await fetch(`api/v1/goals/${id}`, { method: 'PATCH', headers: { ...headers, 'If-Match': '*' }, body: JSON.stringify({ status }) });
      ids.push(id);
    }
    return ids;
  }, GOALS);
  await page.reload();
  await open(page, '#/?show=all');
  await page.getByRole('link', { name: 'Perhaps' }).waitFor();
  await look('list');
  await button('More: Run a half marathon').click();
  await look('menu');
  await escape();
  await button('Check in: Read twelve books').click();
  await page.getByLabel('Amount').waitFor();
  await look('check in');
  await page.getByLabel('Note').fill('z'.repeat(300));
  await button('Save').click();
  await page.getByText('Checked in on').waitFor();
  await look('toast');
  await page.context().setOffline(true);
  await button('Complete: Run a half marathon').click();
  await page.getByText('Offline').waitFor();
  await look('offline');
  await page.context().setOffline(false);
  await page.getByLabel('Search goals').fill('nowhere');
  await look('nothing found');
  for (const [index, id] of made.slice(0, 3).entries()) {
    await open(page, `#/goals/${id}`);
    await page.getByRole('heading', { level: 1, name: GOALS[index].title }).waitFor();
    if (GOALS[index].measure?.kind === 'metric') {
      await page.getByRole('img', { name: /books/ }).waitFor();
      await page.getByText('Check-ins', { exact: true }).click();
    }
    await look('goal');
  }
  await page.getByText('History').click();
  await page.getByRole('listitem').getByText('Created').waitFor();
  await look('history');
  await button('Edit').click();
  await button('Add a field').click();
  await look('edit');
  await escape();
  await button('Delete').click();
  await open(page, '#/?show=trash');
  await page.getByRole('button', { name: /^Restore/ }).waitFor();
  await look('trash');
  await button('New goal').click();
  await button('Save').click();
  await page.locator('[aria-invalid]').waitFor();
  await look('new refused');
  await page.getByLabel('Title').fill('Rest');
  await button('Save').click();
  await button('Create anyway').waitFor();
  await look('duplicate');
  await escape();
  await open(page, '#/settings');
  await page.getByText('This device').waitFor();
  await page.getByText('Change password').first().click();
  await page.getByText('Delete account').first().click();
  await page.getByText('New token').first().click();
  await look('settings');
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await look('keys');
  await escape();
  await open(page, '#/goals/00000000-0000-7000-8000-000000000000');
  await page.getByText('not here any more').waitFor();
  await look('unknown goal');
}

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing in any view, ${colorScheme}`, () => visit({ colorScheme, reducedMotion: 'reduce' }, async (page) => {
    await everyView(page, async (name) => {
      await page.evaluate(axe.source);
      const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
      const words = found.violations.map(({ id, nodes }) => `${name}: ${id} ${nodes.map(({ html }) => html).join(' ')}`);
      assert.deepEqual(words, []);
    });
  }));
}

test('nothing is cut off or scrolls sideways at 320 px', () => visit({ width: 320, height: 640 }, async (page) => {
  await everyView(page, async (name) => assert.equal(await overflows(page), false, name));
}));

test('the longer words of Portuguese fit 320 px too', () => visit({ width: 320, locale: 'pt-BR' }, async (page, context) => {
  await signedIn(page, [{ title: 'Nadar', deadline: inDays(-300), status: 'draft' }], 'pt-BR');
  await page.getByRole('button', { name: 'Mais: Nadar' }).click();
  assert.equal(await overflows(page), false, 'menu');
  await page.getByRole('button', { name: 'Editar: Nadar' }).click();
  assert.equal(await overflows(page), false, 'edit');
  await page.keyboard.press('Escape');
  await context.setOffline(true);
  await page.getByRole('button', { name: 'Começar: Nadar' }).click();
  await page.getByText('Sem conexão').waitFor();
  assert.equal(await overflows(page), false, 'offline');
  await context.setOffline(false);
  await open(page, '#/settings');
  assert.equal(await overflows(page), false, 'settings');
}));

test('text at twice its size stays in the page', () => visit({ width: 640 }, async (page) => {
  await everyView(page, async (name) => {
    await page.evaluate(() => { document.documentElement.style.setProperty('font-size', '200%'); });
    assert.equal(await overflows(page), false, name);
  });
}));

test('every control is at least 44 px high', () => visit({ width: 360 }, async (page) => {
  await everyView(page, async (name) => {
    const small = await page.evaluate(() => [...document.querySelectorAll('button, select, summary, textarea, input:not([type=radio], [type=checkbox]), label:has(input)')]
      .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 44).map((element) => element.outerHTML));
    assert.deepEqual(small, [], name);
  });
}));

test('a goal from nothing to done with the keyboard alone', () => visit({}, async (page) => {
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const tabTo = async (name) => {
    for (let steps = 0; steps < 40; steps += 1) {
      if (await focused(page) === name) return;
      await press('Tab');
    }
    assert.fail(`no way to ${name}`);
  };
  const username = somebody();
  await press('Tab');
  await hasFocus(page, 'Skip to content');
  await press('Enter');
  await hasFocus(page, 'Sign in');
  await tabTo('Create account');
  await press('Enter');
  await page.getByLabel('Email').waitFor();
  await hasFocus(page, 'Create account', 'the heading of the new view');
  await tabTo('Username');
  await page.keyboard.type(username);
  await press('Tab');
  await page.keyboard.type(`${username}@example.org`);
  await press('Tab');
  await page.keyboard.type(PASSWORD);
  await press('Enter');
  await page.getByRole('heading', { name: 'My goals' }).waitFor();
  await hasFocus(page, 'My goals');

  for (const title of ['First', 'Second', 'Third']) {
    await press('n');
    await hasFocus(page, 'Title');
    await page.keyboard.type(title);
    await press('Enter');
    await page.getByRole('link', { name: title }).waitFor();
    await dialogGone(page);
  }
  await press('j', 'j');
  const second = await focused(page);
  await press('k');
  const first = await focused(page);
  assert.notEqual(first, second);
  await tabTo(`Complete${`Complete: ${first}`}`);
  await press('Enter');
  await page.getByRole('link', { name: first }).waitFor({ state: 'detached' });
  await hasFocus(page, second, 'the next card');
  await press('u');
  await page.getByRole('link', { name: first }).waitFor();
  await hasFocus(page, second, 'still the same card');

  await press('Enter');
  await page.getByRole('heading', { name: second, level: 1 }).waitFor();
  await hasFocus(page, second);
  await tabTo('Edit');
  await press('Enter');
  await page.getByRole('dialog').waitFor();
  await press('Escape');
  await hasFocus(page, 'Edit', 'back where the dialog was opened');
  await tabTo(`More: ${second}`);
  await press('Enter', 'Tab', 'Enter');
  await page.getByText('Paused', { exact: true }).waitFor();
  await becomes(() => page.evaluate(() => document.activeElement !== document.body), true, 'the focus is kept');
  await press('g');
  await page.getByRole('heading', { name: 'My goals' }).waitFor();
  await hasFocus(page, 'My goals');
  await press('/');
  await page.keyboard.type('gjn?');
  assert.equal(await page.getByLabel('Search goals').inputValue(), 'gjn?', 'keys are text where text is typed');
  await press('Escape');
  assert.equal(await page.getByLabel('Search goals').inputValue(), '');
}));

test('the menu of a card is opened, used and left with the keyboard', () => visit({}, async (page) => {
  await signedIn(page, [{ title: 'Swim' }]);
  const more = page.getByRole('button', { name: 'More: Swim' });
  await more.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Edit: Swim' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Edit: Swim' }).waitFor({ state: 'hidden' });
  await hasFocus(page, 'More: Swim');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await hasFocus(page, 'EditEdit: Swim');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await dialogGone(page);
  await hasFocus(page, 'More: Swim');
}));

test('what has not changed is not touched', () => visit({}, async (page) => {
  await signedIn(page, [{ title: 'Swim' }, { title: 'Sail' }]);
  await page.getByRole('link', { name: 'Sail' }).focus();
  const read = page.waitForResponse((response) => response.url().includes('/goals?'));
  await page.evaluate(() => {
    window.moved = 0;
    document.addEventListener('focusout', () => { window.moved += 1; });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await (await read).finished();
  // The page has what it read before it could have the answer to a later question.
  await ask(page, 'GET', 'session');
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(done); }));
  assert.equal(await page.evaluate(() => window.moved), 0);
}));

test('single keys can be switched off', () => visit({}, async (page) => {
  await signedIn(page);
  await open(page, '#/settings');
  await page.getByLabel('Single-key shortcuts').uncheck();
  await page.keyboard.press('n');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await page.getByLabel('Single-key shortcuts').check();
  await page.keyboard.press('n');
  await page.getByRole('dialog').waitFor();
}));

test('a toast stays while it is pointed at or focused', () => visit({}, async (page) => {
  await signedIn(page, [{ title: 'Swim' }]);
  await page.getByRole('button', { name: 'Complete: Swim' }).click();
  const lapse = (wanted) => becomes(() => page.evaluate(() => document.querySelector('.toast').getAnimations()
    .find(({ animationName }) => animationName === 'lapse').playState), wanted);
  await lapse('running');
  await page.getByText('“Swim” completed').hover();
  await lapse('paused');
  await page.mouse.move(0, 0);
  await lapse('running');
  await page.getByRole('button', { name: 'Undo' }).focus();
  await lapse('paused');
  await page.getByRole('button', { name: 'Undo' }).blur();
  // Time is moved, not waited for.
  await page.evaluate(() => document.querySelector('.toast').getAnimations().forEach((animation) => animation.finish()));
  await page.getByText('“Swim” completed').waitFor({ state: 'detached' });
}));
