// How "done" is measured: typed in, seen on the card, ticked off.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, becomes, dialogGone, inDays, overflows, signedIn, useBrowser, visit, written } from './harness.mjs';

useBrowser();

const button = (page, name) => page.getByRole('button', { name, exact: true });
const field = (page, name) => page.getByLabel(name, { exact: true });
const only = async (page) => (await ask(page, 'GET', 'goals')).body.items[0];

async function newGoal(page, title, kind) {
  await page.keyboard.press('n');
  await field(page, 'Title').fill(title);
  await page.getByText('Customise').click();
  await field(page, 'Measured by').selectOption(kind);
}

async function save(page) {
  await button(page, 'Save').click();
  await dialogGone(page);
}

test('a number: typed in, refused where it is wrong, changed, and taken back', () => visit({}, async (page) => {
  await signedIn(page);
  await newGoal(page, 'Read', 'A number');
  await field(page, 'Target').fill('a dozen');
  await button(page, 'Save').click();
  await page.waitForFunction(() => document.activeElement.name === 'measure/target' && document.activeElement.matches('[aria-invalid]'));
  await field(page, 'Target').fill('1,200.5');
  await field(page, 'Unit').fill('pages');
  await save(page);
  assert.deepEqual((await only(page)).measure, { kind: 'metric', unit: 'pages', start: 0, target: 1200.5, fold: 'sum' });
  await page.getByText('0% · 0 of 1,200.5 pages').waitFor();
  await button(page, 'More: Read').click();
  await button(page, 'Edit: Read').click();
  assert.equal(await field(page, 'Target').inputValue(), '1200.5');
  await field(page, 'Measured by').selectOption('A habit');
  await field(page, 'How often').selectOption('Every week');
  await save(page);
  assert.deepEqual((await only(page)).measure, { kind: 'habit', unit: 'pages', amount: 1, per: 'week', bound: 'at_least' });
  await page.getByText('0 of 1 pages this week').waitFor();
  const undone = written(page);
  await button(page, 'Undo').click();
  await undone;
  await page.getByText('0% · 0 of 1,200.5 pages').waitFor();
}));

test('steps are ticked, and keep their ticks when the list is edited', () => visit({}, async (page) => {
  await signedIn(page);
  await newGoal(page, 'Move', 'A checklist');
  await field(page, 'Steps').fill('Pack\n\n  Rent a van \nClean');
  await save(page);
  await page.getByText('0% · 0 of 3 steps').waitFor();
  await page.getByRole('link', { name: 'Move' }).click();
  const ticked = written(page);
  await field(page, 'Rent a van').check();
  await page.getByText('33% · 1 of 3 steps').waitFor();
  await ticked;
  await becomes(() => page.evaluate(() => document.activeElement.dataset.focus), 'step:2');
  await button(page, 'Edit').click();
  await field(page, 'Steps').fill('Rent a van\nPack boxes\nClean');
  await save(page);
  const { measure } = await only(page);
  assert.deepEqual(measure.items.map(({ id, text, done_on: done }) => [id, text, Boolean(done)]), [['2', 'Rent a van', true], ['1', 'Pack boxes', false], ['3', 'Clean', false]]);
}));

test('numbers are read and written as in Brazil', () => visit({ locale: 'pt-BR', width: 320 }, async (page) => {
  await signedIn(page, [], 'pt-BR');
  await page.keyboard.press('n');
  await field(page, 'Título').fill('Juntar');
  await page.getByText('Personalizar').click();
  await field(page, 'Como medir').selectOption('Um número');
  await field(page, 'Alvo').fill('1.200,50');
  await field(page, 'Unidade').fill('BRL');
  assert.equal(await overflows(page), false);
  await button(page, 'Salvar').click();
  await dialogGone(page);
  assert.equal((await only(page)).measure.target, 1200.5);
  await page.getByText(/0% · R\$\s0 de R\$\s1\.200,50/).waitFor();
  assert.equal(await overflows(page), false);
}));

test('the list is in the order of need, and says how far each is from its plan', () => visit({}, async (page) => {
  const items = (...done) => ({ kind: 'checklist', items: done.map((one, n) => ({ text: `${n}`, ...(one && { done_on: inDays(-1) }) })) });
  await signedIn(page, [
    { title: 'Ahead', start: inDays(-5), deadline: inDays(4), measure: items(1, 1, 1, 1, 1, 1, 1, 1, 1, 0) },
    { title: 'Free' },
    { title: 'Behind', start: inDays(-5), deadline: inDays(4), measure: items(0, 0, 0, 0, 0, 0, 0, 0, 0, 0) },
    { title: 'Over', deadline: inDays(-1) },
  ]);
  await page.getByText(/days? ahead/).waitFor();
  await page.getByText(/days? behind/).waitFor();
  assert.deepEqual(await page.getByRole('heading', { level: 2 }).allTextContents(), ['Over', 'Behind', 'Ahead', 'Free']);
}));
