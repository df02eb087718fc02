// What goes wrong: refusals, conflicts, two tabs, no network.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, becomes, dialogGone, hasFocus, inDays, PASSWORD, signedIn, somebody, useBrowser, visit, written } from './harness.mjs';

useBrowser();

const button = (page, name) => page.getByRole('button', { name, exact: true });

// The messages that belong to a control, as assistive technology is told.
const described = (control) => control.evaluate((element) => element.getAttribute('aria-describedby').split(' ')
  .map((id) => document.getElementById(id).textContent).join(' '));

test('every bad field is told apart, the first has the focus, what was typed stays', () => visit({}, async (page) => {
  await button(page, 'Create account').click();
  await page.getByLabel('Username').fill('a!');
  await page.getByLabel('Email').fill('nobody');
  await page.getByLabel('Password').fill('short');
  await button(page, 'Create account').click();
  for (const name of ['Username', 'Email', 'Password']) {
    const control = page.getByLabel(name);
    await page.waitForFunction((element) => element.getAttribute('aria-invalid') === 'true', await control.elementHandle());
    assert.match(await described(control), /\w+\./);
  }
  await hasFocus(page, 'Username');
  assert.equal(await page.getByLabel('Password').inputValue(), 'short');
  await page.getByLabel('Username').fill('ab');
  assert.equal(await page.getByLabel('Username').getAttribute('aria-invalid'), null);
}));

test('a name that is taken is said at its field', () => visit({}, async (page) => {
  const username = somebody();
  await ask(page, 'POST', 'users', { username, email: `${username}@example.org`, password: PASSWORD });
  await button(page, 'Create account').click();
  await page.getByLabel('Username').fill(username.toUpperCase());
  await page.getByLabel('Email').fill(`${username}2@example.org`);
  await page.getByLabel('Password').fill(PASSWORD);
  await button(page, 'Create account').click();
  await page.getByText('This username is taken.').waitFor();
  await hasFocus(page, 'Username');
}));

test('a wrong password is said, in the language of the browser', () => visit({ locale: 'pt-BR' }, async (page) => {
  await page.getByLabel('Nome de usuário').fill(somebody());
  await page.getByLabel('Senha').fill('errada');
  await button(page, 'Entrar').click();
  await page.getByText('Nome de usuário ou senha incorretos.').waitFor();
}));

test('a bad field that is folded away is unfolded', () => visit({}, async (page) => {
  await signedIn(page);
  await page.keyboard.press('n');
  await page.getByLabel('Title').fill('Swim');
  await page.getByText('Customise').click();
  await page.getByLabel('Start').fill(inDays(5));
  await page.getByLabel('Deadline').fill(inDays(1));
  await button(page, 'Add a field').click();
  await page.getByLabel('Content').fill('a value without a name');
  await page.getByText('Customise').click();
  await button(page, 'Save').click();
  await page.getByText('Please fill this in.').waitFor();
  await page.getByLabel('Name').fill('Price');
  await button(page, 'Save').click();
  await page.getByText('The deadline is before the start.').waitFor();
  await hasFocus(page, 'Deadline');
  await page.getByLabel('Deadline').fill(inDays(9));
  await page.getByLabel('Icon').fill('two words');
  await button(page, 'Save').click();
  await page.waitForFunction(() => document.activeElement.name === 'icon' && document.activeElement.matches('[aria-invalid]'));
  await page.getByLabel('Icon').fill('🏊');
  await button(page, 'Save').click();
  await page.getByRole('link', { name: 'Swim' }).waitFor();
}));

test('own fields keep their kinds', () => visit({}, async (page) => {
  const attributes = { shelf: ['a, b', 'c'], paper: true, budget: 3.5, note: 'two\nlines', code: '007', gone: 'x', one: ['single'] };
  const [goal] = await signedIn(page, [{ title: 'Swim', attributes }]);
  await page.getByRole('link', { name: 'Swim' }).click();
  const edit = async (change) => {
    await button(page, 'Edit').click();
    await change();
    await button(page, 'Save').click();
    await dialogGone(page);
    return (await ask(page, 'GET', `goals/${goal.id}`)).body.attributes;
  };
  const rows = async () => {
    const names = await page.getByLabel('Name').evaluateAll((inputs) => inputs.map(({ value }) => value));
    return (name) => page.getByLabel('Content').nth(names.indexOf(name));
  };
  const { gone, ...kept } = await edit(async () => {
    const row = await rows();
    await row('budget').fill('400');
    await row('paper').fill('No');
    await row('shelf').fill('a\nb');
  });
  assert.equal(gone, 'x');
  assert.deepEqual(kept, { shelf: ['a', 'b'], paper: false, budget: 400, note: 'two\nlines', code: '007', one: ['single'] });
  const after = await edit(async () => {
    const names = await page.getByLabel('Name').evaluateAll((inputs) => inputs.map(({ value }) => value));
    await button(page, 'Remove field').nth(names.indexOf('gone')).click();
  });
  assert.deepEqual(after, kept);
  const undone = written(page);
  await button(page, 'Undo').click();
  await page.getByText('gone', { exact: true }).waitFor();
  await undone;
  assert.deepEqual((await ask(page, 'GET', `goals/${goal.id}`)).body.attributes, { ...kept, gone: 'x' });
}));

test('a goal like one that exists: open it, or create it anyway', () => visit({}, async (page) => {
  await signedIn(page, [{ title: 'Run 10 km' }]);
  await page.keyboard.press('n');
  await page.getByLabel('Title').fill('  run 10 KM! ');
  await button(page, 'Save').click();
  await button(page, 'Create anyway').click();
  await page.getByText('2 goals').waitFor();
  await dialogGone(page);
  await page.keyboard.press('n');
  await page.getByLabel('Title').fill('Run 10 km');
  await button(page, 'Save').click();
  await button(page, 'Open the existing one').click();
  await page.getByRole('heading', { level: 1, name: /run 10 km/i }).waitFor();
}));

test('changed elsewhere while editing: both changes survive', () => visit({}, async (page) => {
  const [goal] = await signedIn(page, [{ title: 'Swim', description: 'old' }]);
  await page.getByRole('link', { name: 'Swim' }).click();
  await button(page, 'Edit').click();
  await page.getByLabel('Description').fill('typed here');
  await page.getByLabel('Tags').fill('mine');
  const { status } = await ask(page, 'PATCH', `goals/${goal.id}`, { title: 'Swim far', description: 'written there', priority: 'high' }, goal.version);
  assert.equal(status, 200);
  await button(page, 'Save').click();
  await page.getByText('This goal was changed elsewhere.').waitFor();
  await page.getByText('Title now: Swim far').waitFor();
  await page.getByText('Description now: written there').waitFor();
  await page.getByText('Priority now: High priority').waitFor();
  assert.equal(await page.getByLabel('Description').inputValue(), 'typed here');
  assert.equal(await page.getByLabel('Title').inputValue(), 'Swim far');
  await button(page, 'Save').click();
  await dialogGone(page);
  const { body } = await ask(page, 'GET', `goals/${goal.id}`);
  assert.deepEqual([body.title, body.description, body.priority, body.tags], ['Swim far', 'typed here', 'high', ['mine']]);
}));

test('what was typed and left can be had back', () => visit({}, async (page) => {
  await signedIn(page);
  await page.keyboard.press('n');
  await page.getByLabel('Title').fill('Half a thou');
  await page.getByText('Customise').click();
  await page.getByLabel('Tags').fill('later');
  await page.keyboard.press('Escape');
  await button(page, 'Undo').click();
  assert.equal(await page.getByLabel('Title').inputValue(), 'Half a thou');
  assert.equal(await page.getByLabel('Tags').inputValue(), 'later');
}));

test('two tabs: the second learns what the first did, and nothing is overwritten', () => visit({}, async (page, context) => {
  await signedIn(page, [{ title: 'Swim' }]);
  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByRole('link', { name: 'Swim' }).waitFor();
  await button(page, 'More: Swim').click();
  const paused = written(page);
  await button(page, 'Pause: Swim').click();
  await page.getByRole('listitem').getByText('Paused', { exact: true }).waitFor();
  await paused;
  await button(other, 'Complete: Swim').click();
  await other.getByText('“Swim” was changed elsewhere').waitFor();
  await other.getByRole('listitem').getByText('Paused').waitFor();

  // Turning to a tab brings it up to date.
  const resumed = written(page);
  await button(page, 'Resume: Swim').click();
  await resumed;
  await other.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await button(other, 'Complete: Swim').waitFor();

  // Signing out of one is signing out of both.
  await button(page, 'Settings').click();
  await button(page, 'Sign out').click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await button(other, 'Complete: Swim').click();
  await other.getByText('Your session has ended').first().waitFor();
  await other.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await other.getByText('Swim').and(other.getByRole('link')).count(), 0);
}));

test('a form that is open when the session ends keeps what was typed', () => visit({}, async (page, context) => {
  await signedIn(page);
  await page.keyboard.press('n');
  await page.getByLabel('Title').fill('Precious');
  const cookies = await context.cookies();
  await context.clearCookies();
  await button(page, 'Save').click();
  await page.getByText('Your session has ended').waitFor();
  assert.equal(await page.getByLabel('Title').inputValue(), 'Precious');
  await context.addCookies(cookies);
  await button(page, 'Save').click();
  await page.getByRole('link', { name: 'Precious' }).waitFor();
}));

test('when the server is away the page says so and tries again when asked', () => visit({}, async (page, context) => {
  await signedIn(page, [{ title: 'Swim' }]);
  await context.route('**/api/v1/goals?*', (route) => route.abort());
  await page.reload();
  await page.getByText('The server cannot be reached.').waitFor();
  await context.unrouteAll();
  await button(page, 'Try again').click();
  await page.getByRole('link', { name: 'Swim' }).waitFor();
  await context.route('**/api/v1/session', (route) => route.abort());
  await page.reload();
  await page.getByRole('heading', { name: 'The server cannot be reached.' }).waitFor();
  await context.unrouteAll();
  await button(page, 'Try again').click();
  await page.getByRole('link', { name: 'Swim' }).waitFor();
}));

test('a write that is throttled says when to try again', () => visit({}, async (page, context) => {
  await context.route('**/api/v1/sessions', (route) => route.fulfill({
    status: 429, headers: { 'Retry-After': '30' }, contentType: 'application/problem+json', body: '{"code":"throttled"}',
  }));
  await page.getByLabel('Username').fill('ana');
  await button(page, 'Sign in').click();
  await page.getByText('Try again in 30 seconds.').waitFor();
}));
