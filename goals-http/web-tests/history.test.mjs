// What became of a goal, and taking it back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, hasFocus, inDays, signedIn, useBrowser, visit } from './harness.mjs';

useBrowser();

test('a history says what each field was and is, and takes one change back', () => visit({}, async (page) => {
  const [goal] = await signedIn(page, [{ title: 'Swim' }]);
  await ask(page, 'PATCH', `goals/${goal.id}`, { title: 'Swim <b>far</b>', deadline: inDays(40) }, 1);
  await ask(page, 'PATCH', `goals/${goal.id}`, { priority: 'high', description: 'long' }, 2);
  await page.reload();
  await page.getByRole('link', { name: 'Swim <b>far</b>' }).click();
  await page.getByText('History').click();
  await page.getByText('Title: Swim → Swim <b>far</b>', { exact: true }).waitFor();
  await page.getByText('Priority: No priority → High priority', { exact: true }).waitFor();
  await page.getByText('Description changed', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Complete', exact: true }).click();
  await page.getByText('Status: Active → Completed', { exact: true }).waitFor();
  const undo = page.getByRole('button', { name: 'Undo: Title: Swim → Swim <b>far</b>', exact: true });
  const name = await undo.textContent();
  await undo.focus();
  await undo.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Swim', exact: true }).waitFor();
  await page.getByText('A change taken back').waitFor();
  await hasFocus(page, name, 'the focus stays where it was');
  const { body } = await ask(page, 'GET', `goals/${goal.id}`);
  assert.deepEqual([body.title, body.deadline, body.priority, body.status], ['Swim', null, 'high', 'achieved']);
  await undo.click();
  await page.getByText('has been changed again since').waitFor();
}));
