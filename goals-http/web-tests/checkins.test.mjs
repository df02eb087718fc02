// Check-ins: made with one button, drawn, said, listed, taken back, and made offline.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, atRest, dialogGone, hasFocus, inDays, overflows, signedIn, useBrowser, visit } from './harness.mjs';

useBrowser();

const button = (page, name) => page.getByRole('button', { name, exact: true });
const field = (page, name) => page.getByLabel(name, { exact: true });
const BOOKS = { title: 'Read', start: inDays(-9), deadline: inDays(30), measure: { kind: 'metric', target: 12, unit: 'books' } };
const RUN = { title: 'Run', measure: { kind: 'habit', amount: 5, unit: 'km', per: 'week' } };
const log = async (page, { id }) => (await ask(page, 'GET', `goals/${id}/check-ins`)).body.items.map(({ day, value, note }) => [day, value, note]);

test('a check-in with its amount, day and note; taken back and made again', () => visit({}, async (page) => {
  const [goal] = await signedIn(page, [BOOKS]);
  await button(page, 'Check in: Read').click();
  await hasFocus(page, 'Amount');
  await field(page, 'Amount').fill('two');
  await button(page, 'Save').click();
  await page.locator('[name=value][aria-invalid]').waitFor();
  await field(page, 'Amount').fill('2.5');
  await field(page, 'Day').fill(inDays(-2));
  await field(page, 'Note').fill('<b>on the train</b>');
  await button(page, 'Save').click();
  await dialogGone(page);
  await page.getByText('20% · 2.5 of 12 books').waitFor();
  assert.deepEqual(await log(page, goal), [[inDays(-2), 2.5, '<b>on the train</b>']]);
  await button(page, 'Undo').click();
  await page.getByText('0% · 0 of 12 books').waitFor();
  assert.deepEqual(await log(page, goal), []);
  await page.keyboard.press('j');
  await button(page, 'Check in: Read').press('Enter');
  await page.keyboard.type('3');
  await page.keyboard.press('Enter');
  await page.getByText('25% · 3 of 12 books').waitFor();
  assert.deepEqual(await log(page, goal), [[inDays(0), 3, null]]);
}));

test('a goal in full draws its check-ins, says what they mean and lists them', () => visit({}, async (page) => {
  const [goal] = await signedIn(page, [BOOKS]);
  for (const [day, value] of [[-8, 1], [-4, 2], [-1, 1]]) await ask(page, 'POST', `goals/${goal.id}/check-ins`, { day: inDays(day), value });
  await page.reload();
  await page.getByRole('link', { name: 'Read' }).click();
  await page.getByRole('img', { name: /^4 books of 12 books, from / }).waitFor();
  for (const words of ['0 books', '6 books', '12 books']) await page.getByRole('img').getByText(words, { exact: true }).waitFor();
  await page.getByText(/a day makes it in time\. You may rest until [^.]+\. As it goes/).waitFor();
  await page.getByText('Check-ins', { exact: true }).click();
  assert.equal(await page.getByRole('row').count(), 4);
  await page.getByRole('row').nth(1).getByRole('button').click();
  await page.getByRole('img', { name: /^3 books of 12 books, from / }).waitFor();
  await page.getByText('25% · 3 of 12 books').waitFor();
  assert.equal((await log(page, goal)).length, 2);
}));

test('a habit shows its streak and a year of days, and fits a narrow window', () => visit({ width: 320, locale: 'pt-BR' }, async (page) => {
  const [goal] = await signedIn(page, [RUN], 'pt-BR');
  for (const day of [-14, -7, 0]) await ask(page, 'POST', `goals/${goal.id}/check-ins`, { day: inDays(day), value: 5 });
  await page.reload();
  await page.getByText('5 de 5 km nesta semana').waitFor();
  await page.getByRole('link', { name: 'Run' }).click();
  await page.getByRole('img', { name: '3 dias com registro no último ano' }).waitFor();
  await page.getByText(/A maior sequência foi de/).waitFor();
  await page.getByText('Registros', { exact: true }).click();
  await atRest(page);
  assert.equal(await overflows(page), false);
}));

test('a check-in offline arrives once', () => visit({}, async (page, context) => {
  const [goal] = await signedIn(page, [BOOKS]);
  // The first one fetches what the button needs.
  await button(page, 'Check in: Read').click();
  await hasFocus(page, 'Amount');
  await page.keyboard.press('Escape');
  await dialogGone(page);
  await context.setOffline(true);
  await button(page, 'Check in: Read').click();
  await field(page, 'Amount').fill('6');
  await button(page, 'Save').click();
  await dialogGone(page);
  await page.getByText('Offline · 1 waiting').waitFor();
  await page.getByText('50% · 6 of 12 books').waitFor();
  await context.setOffline(false);
  await page.getByText('Offline').waitFor({ state: 'hidden' });
  assert.deepEqual(await log(page, goal), [[inDays(0), 6, null]]);
  await page.getByText('50% · 6 of 12 books').waitFor();
}));
