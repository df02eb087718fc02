// What a person does with the product, from nothing, in both languages.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, becomes, hasFocus, inDays, open, PASSWORD, signedIn, somebody, useBrowser, visit, written } from './harness.mjs';
import { WORDS } from './words.mjs';

useBrowser();

const byRole = (page) => ({
  button: (name, exact = true) => page.getByRole('button', { name, exact }),
  link: (name) => page.getByRole('link', { name, exact: true }),
  heading: (name) => page.getByRole('heading', { name, exact: true }),
  field: (name) => page.getByLabel(name, { exact: true }),
});

for (const [locale, w] of Object.entries(WORDS)) {
  test(`${locale}: register, plan, achieve, put away and find again`, () => visit({ locale }, async (page) => {
    const { button, link, heading, field } = byRole(page);
    const username = somebody();
    const showing = (name) => field(w.show).selectOption({ label: name });
    const onCard = (verb, title) => button(`${verb}: ${title}`);

    // In.
    assert.equal(await page.locator('html').getAttribute('lang'), w.lang);
    await button(w.register).click();
    await field(w.username).fill(username);
    await field(w.email).fill(`${username}@example.org`);
    await field(w.password).fill(PASSWORD);
    await button(w.register).click();
    await heading(w.goals).waitFor();

    // A title is enough.
    await button(w.first).click();
    await field(w.title).fill('Correr');
    await button(w.save).click();
    await link('Correr').waitFor();

    // The rest can be said too.
    await button(w.newGoal).click();
    await field(w.title).fill('Aprender violão');
    await page.getByText(w.customise, { exact: true }).click();
    await field(w.description).fill('Meia hora por dia.\nSem pressa.');
    await field(w.start).fill(inDays(-30));
    await field(w.deadline).fill(inDays(-3));
    await field(w.priority).selectOption({ label: w.high });
    await field(w.tags).fill('música, casa');
    await page.getByRole('radio', { name: w.color }).check();
    await field(w.icon).fill('🎸');
    await button(w.addField).click();
    await field(w.fieldName).fill('Preço alvo');
    await field(w.fieldContent).fill('350');
    await button(w.save).click();
    const guitar = page.getByRole('listitem').filter({ has: link('Aprender violão') });
    await guitar.getByText(w.overdue).waitFor();
    await guitar.getByText('#música').waitFor();

    // Changed, and changed back.
    await link('Aprender violão').click();
    await heading('Aprender violão').waitFor();
    await page.getByText('preco alvo').waitFor();
    await page.getByText('350', { exact: true }).waitFor();
    await button(w.edit).click();
    await field(w.title).fill('Aprender violão e canto');
    await field(w.deadline).fill(inDays(10));
    await button(w.save).click();
    await heading('Aprender violão e canto').waitFor();
    assert.equal(await page.getByText(w.overdue).count(), 0);
    await button(w.undo).click();
    await heading('Aprender violão').waitFor();
    await page.getByText(w.overdue).waitFor();

    // Done, not done, done.
    await button(w.complete).click();
    await page.getByText(w.completed, { exact: true }).waitFor();
    await button(w.undo).click();
    await button(w.complete).click();
    await page.getByText(w.completed, { exact: true }).waitFor();
    await button(w.allGoals).click();
    await heading(w.goals).waitFor();
    assert.equal(await link('Aprender violão').count(), 0);
    await showing(w.all);
    await guitar.getByText(w.completed, { exact: true }).waitFor();

    // Found without its accents.
    await field(w.search).fill('VIOLAO musica');
    await link('Correr').waitFor({ state: 'detached' });
    await link('Aprender violão').waitFor();
    await field(w.search).fill('');

    // Put away, and taken out again.
    await onCard(w.more, 'Aprender violão').click();
    await onCard(w.archive, 'Aprender violão').click();
    await link('Aprender violão').waitFor({ state: 'detached' });
    await showing(w.archived);
    await link('Aprender violão').waitFor();
    await onCard(w.unarchive, 'Aprender violão').click();
    await showing(w.all);
    await link('Aprender violão').waitFor();

    // Deleted, and not.
    await onCard(w.more, 'Correr').click();
    await onCard(w.delete, 'Correr').click();
    await link('Correr').waitFor({ state: 'detached' });
    await button(w.undo).click();
    await link('Correr').waitFor();
    await link('Correr').click();
    await button(w.delete).click();
    await heading(w.goals).waitFor();
    await showing(w.trash);
    await onCard(w.restore, 'Correr').click();
    await showing(w.open);
    await link('Correr').waitFor();

    // Out, and in again by e-mail: everything is there.
    await button(w.settings).click();
    await button(w.signOut).click();
    await heading(w.signIn).waitFor();
    await field(w.username).fill(`${username}@example.org`);
    await field(w.password).fill(PASSWORD);
    await button(w.signIn).click();
    await link('Correr').waitFor();
    await showing(w.all);
    await guitar.getByText(w.completed, { exact: true }).waitFor();
  }));
}

test('every change can be taken back', () => visit({}, async (page) => {
  const w = WORDS['en-US'];
  const { button, link } = byRole(page);
  await signedIn(page, [{ title: 'Swim' }]);
  await page.getByLabel(w.show).selectOption({ label: w.all });
  const badge = (words) => page.getByRole('listitem').getByText(words, { exact: true });
  const more = async (verb) => {
    await button(`${w.more}: Swim`).click();
    await button(`${verb}: Swim`).click();
  };

  await more(w.pause);
  await badge(w.paused).waitFor();
  await button(`${w.resume}: Swim`).click();
  await badge(w.paused).waitFor({ state: 'detached' });
  await button(w.undo).click();
  await badge(w.paused).waitFor();

  // The way back from closed to paused leads through active.
  await more(w.drop);
  await badge(w.dropped).waitFor();
  await button(w.undo).click();
  await badge(w.paused).waitFor();
  await more(w.complete);
  await badge(w.completed).waitFor();
  await button(`${w.reopen}: Swim`).click();
  await badge(w.completed).waitFor({ state: 'detached' });
  await button(w.undo).click();
  await badge(w.completed).waitFor();

  await more(w.archive);
  await link('Swim').waitFor({ state: 'detached' });
  await button(w.undo).click();
  await badge(w.completed).waitFor();

  await button(w.newGoal).click();
  await page.getByLabel(w.title).fill('Sail');
  await button(w.save).click();
  await link('Sail').waitFor();
  await button(w.undo).click();
  await link('Sail').waitFor({ state: 'detached' });
}));

test('what is deleted for good waits for the offer of Undo to lapse', () => visit({}, async (page) => {
  const w = WORDS['en-US'];
  const { button, link } = byRole(page);
  const [one, two] = await signedIn(page, [{ title: 'One' }, { title: 'Two' }]);
  for (const title of ['One', 'Two']) {
    await button(`${w.more}: ${title}`).click();
    await button(`${w.delete}: ${title}`).click();
    await link(title).waitFor({ state: 'detached' });
  }
  await page.getByLabel(w.show).selectOption({ label: w.trash });
  const purge = async (title) => {
    await button(`${w.more}: ${title}`).click();
    await button(`${w.purge}: ${title}`).click();
    await link(title).waitFor({ state: 'detached' });
  };
  await purge('One');
  await button(w.undo).click();
  await link('One').waitFor();

  const gone = page.waitForResponse((response) => response.url().endsWith(`/goals/${one.id}/purge`));
  await purge('One');
  await button('Dismiss').click();
  assert.equal((await gone).status(), 204);

  // Leaving the page lets the offer lapse too.
  await purge('Two');
  await page.reload();
  await page.waitForFunction(async (id) => (await fetch(`api/v1/goals/${id}`)).status === 404, two.id);
}));

test('filters, order and what they hide are said and kept in the address', () => visit({}, async (page) => {
  const { button, link } = byRole(page);
  await signedIn(page, [
    { title: 'Banana', tags: ['fruit'], deadline: inDays(5) }, { title: 'apple', tags: ['fruit'], priority: 'high' },
    { title: 'Carrot', deadline: inDays(-2) }, { title: 'Done', tags: ['old'] },
  ]);
  await button('Complete: Done').click();
  const titles = async () => page.getByRole('heading', { level: 2 }).allTextContents();
  await page.getByText('3 goals').waitFor();
  assert.deepEqual(await titles(), ['Carrot', 'Banana', 'apple']);
  await page.getByLabel('Sort').selectOption('Title');
  assert.deepEqual(await titles(), ['apple', 'Banana', 'Carrot']);
  await page.getByLabel('Sort').selectOption('Priority');
  assert.deepEqual(await titles(), ['apple', 'Carrot', 'Banana']);
  await page.getByLabel('Tag', { exact: true }).selectOption('fruit');
  await page.getByText('2 of 4 · 2 hidden by this filter').waitFor();
  await page.reload();
  await page.getByText('2 of 4 · 2 hidden by this filter').waitFor();
  await button('Clear').click();
  await page.getByText('3 goals').waitFor();
  await page.getByLabel('Search goals').fill('done');
  await button('Show 1 that is not open').click();
  await button('New goal').click();
  await page.getByLabel('Title').fill('Elderberry');
  await button('Save').click();
  await link('Elderberry').waitFor();
  assert.equal(await page.getByLabel('Search goals').inputValue(), '');
  await page.getByLabel('Search goals').fill('done');
  await page.getByLabel('Show').selectOption('All');
  await link('Done').click();
  await button('All goals').click();
  assert.equal(await page.getByLabel('Search goals').inputValue(), 'done');
}));

test('settings are kept and take effect at once', () => visit({ locale: 'en-US' }, async (page) => {
  await signedIn(page, [{ title: 'Swim', deadline: inDays(1) }]);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByLabel('Language').focus();
  await page.getByLabel('Language').selectOption('Português (Brasil)');
  await page.getByRole('heading', { name: 'Configurações' }).waitFor();
  await hasFocus(page, 'Idioma');
  const zoned = written(page);
  await page.getByLabel('Fuso horário').selectOption('Asia/Tokyo');
  await zoned;
  await page.getByText('Configurações salvas').waitFor();
  await page.getByLabel('Tema').selectOption('Escuro');
  const dark = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await becomes(dark, 'rgb(20, 23, 28)');
  await page.reload();
  await becomes(dark, 'rgb(20, 23, 28)');
  assert.equal(await page.getByLabel('Fuso horário').inputValue(), 'Asia/Tokyo');
  await open(page, '#/');
  await page.getByRole('heading', { name: 'Minhas metas' }).waitFor();
  await page.getByRole('button', { name: 'Configurações' }).click();
  await page.getByRole('button', { name: 'Sair' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
}));

test('in memory only is said on the page', () => visit({}, async (page) => {
  const { storage } = await page.evaluate(() => fetch('api/v1/meta').then((answer) => answer.json()));
  assert.equal(await page.getByText('kept in memory only').count(), storage === 'memory' ? 1 : 0);
}));

test('a visit asks for little', () => visit({}, async (page) => {
  await signedIn(page, [{ title: 'Swim' }]);
  const asked = [];
  page.on('response', (response) => asked.push(response));
  await page.reload();
  await page.getByRole('link', { name: 'Swim' }).waitFor();
  assert.ok(asked.length <= 20, asked.map((response) => response.url()).join('\n'));
}));

test('as many goals as one may have are listed, searched and ordered without a wait', () => visit({}, async (page) => {
  await signedIn(page);
  const { limits } = (await ask(page, 'GET', 'meta')).body;
  const max = limits.goals_per_owner;
  const said = max.toLocaleString('en');
  await page.evaluate(async (count) => {
    const create = (index) => fetch('api/v1/goals', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ title: `Goal number ${index}`, tags: [`tag${index % 7}`] }),
    });
    for (let first = 0; first < count; first += 50) await Promise.all(Array.from({ length: 50 }, (_, index) => create(first + index)));
  }, max);
  await page.reload();
  await page.getByText(`${said} goals · ${said} of ${said} used`).waitFor();
  assert.equal(await page.getByRole('listitem').count(), 100);
  await page.getByRole('button', { name: 'Show more' }).click();
  assert.equal(await page.getByRole('listitem').count(), 200);
  // The quickest of some: what the page needs, whatever else the machine is doing.
  const blocked = await page.evaluate(() => {
    const search = document.querySelector('[type=search]');
    return Math.min(...['number 1', 'number', 'number 2', 'number', 'number 77'].map((words) => {
      const start = performance.now();
      search.value = words;
      search.dispatchEvent(new Event('input'));
      return performance.now() - start;
    }));
  });
  const found = Array.from({ length: max }, (_, index) => `${index}`).filter((name) => name.includes('77')).length;
  await page.getByText(`${found} of ${said} · ${(max - found).toLocaleString('en')} hidden by this filter`).waitFor();
  assert.ok(blocked < 100, `${blocked} ms`);
  await page.keyboard.press('n');
  await page.getByLabel('Title').fill('One too many');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(`You have reached the limit of ${said} goals.`).waitFor();
}));
