// One's account: name, address, password, sessions, and leaving.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { ask, atRest, hasFocus, open, overflows, PASSWORD, signedIn, somebody, useBrowser, visit } from './harness.mjs';

useBrowser();

const NEW = 'seven lanterns under quiet water';
const button = (page, name) => page.getByRole('button', { name, exact: true });
const field = (page, name) => page.getByLabel(name, { exact: true });

test('a name and an address are changed, one that is taken is said at its field', () => visit({}, async (page) => {
  const taken = somebody();
  await ask(page, 'POST', 'users', { username: taken, email: `${taken}@example.org`, password: PASSWORD });
  await signedIn(page);
  await button(page, 'Settings').click();
  await field(page, 'Username').fill(taken);
  await button(page, 'Save').click();
  await page.getByText('This username is taken.').waitFor();
  await hasFocus(page, 'Username');
  const name = somebody();
  await field(page, 'Username').fill(name);
  await field(page, 'Email').fill(`${name}@example.com`);
  await button(page, 'Save').click();
  await page.getByText('Settings saved').waitFor();
  const { body } = await ask(page, 'GET', 'users/me');
  assert.deepEqual([body.username, body.email], [name, `${name}@example.com`]);
}));

test('a password is changed by who knows it, and ends every other session', () => visit({}, async (page) => {
  await signedIn(page);
  const { body: { username } } = await ask(page, 'GET', 'users/me');
  await ask(page, 'POST', 'sessions', { login: username, password: PASSWORD });
  await button(page, 'Settings').click();
  await page.getByText('Change password').first().click();
  const change = async (current, wanted) => {
    await field(page, 'Current password').fill(current);
    await field(page, 'New password').fill(wanted);
    await button(page, 'Change password').click();
  };
  await change(PASSWORD, 'password1');
  await page.getByText('Too easy to guess.').waitFor();
  await hasFocus(page, 'New password');
  await change('wrong', NEW);
  await page.getByText('This is not your password.').waitFor();
  await hasFocus(page, 'Current password');
  await change(PASSWORD, NEW);
  await page.getByText('Password changed.').waitFor();
  assert.equal(await field(page, 'New password').inputValue(), '');
  assert.equal((await ask(page, 'GET', 'sessions')).body.items.length, 1);
  assert.equal((await ask(page, 'POST', 'sessions', { login: username, password: NEW, cookie: true })).status, 201);
}));

test('sessions are listed, and ended one by one or all', () => visit({}, async (page) => {
  await signedIn(page);
  const { body: { username } } = await ask(page, 'GET', 'users/me');
  for (const agent of ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', '<b>curl</b>']) {
    await page.request.post(new URL('api/v1/sessions', page.url()).href, { headers: { 'User-Agent': agent }, data: { login: username, password: PASSWORD } });
  }
  await button(page, 'Settings').click();
  const list = page.getByRole('list', { name: 'Where you are signed in' });
  await list.getByText('This device').waitFor();
  await list.getByText('<b>curl</b>', { exact: true }).waitFor();
  assert.equal(await list.getByRole('listitem').count(), 3);
  await button(page, 'Sign out there: Firefox on Linux').click();
  await page.getByText('Signed out: Firefox on Linux').waitFor();
  assert.equal((await ask(page, 'GET', 'sessions')).body.items.length, 2);
  await button(page, 'Sign out everywhere').click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal((await ask(page, 'GET', 'session')).body.user, null);
}));

test('a token is made, works, is shown once, and is revoked', () => visit({}, async (page) => {
  await signedIn(page);
  await open(page, '#/settings');
  await page.getByText('New token').first().click();
  await field(page, 'Name').fill('<b>backup</b>');
  await page.getByLabel('Access').selectOption('Read and change');
  await page.getByLabel('Password', { exact: true }).last().fill(PASSWORD);
  await button(page, 'New token').click();
  const token = await field(page, 'Token').inputValue();
  await hasFocus(page, 'Token');
  const works = () => page.evaluate(async (secret) => (await fetch('api/v1/goals', {
    method: 'POST', credentials: 'omit', headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' }, body: '{"title":"By a script"}',
  })).status, token);
  assert.equal(await works(), 201);
  await page.reload();
  const list = page.getByRole('list', { name: 'API tokens' });
  await list.getByText('Read and change').waitFor();
  assert.equal(await field(page, 'Token').count(), 0);
  await button(page, 'Revoke: <b>backup</b>').click();
  await page.getByText('“<b>backup</b>” no longer works').waitFor();
  assert.equal(await works(), 401);
}));

// What an authenticator app shows now, or so many seconds later (RFC 6238).
function code(secret, later = 0) {
  const bits = [...secret.replaceAll(' ', '')].map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0')).join('');
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor((Date.now() / 1000 + later) / 30)));
  const hash = createHmac('sha1', Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))).update(counter).digest();
  return String((hash.readUInt32BE(hash.at(-1) & 15) & 0x7fffffff) % 1e6).padStart(6, '0');
}

test('a second factor is set up, asked for, and turned off', () => visit({}, async (page) => {
  await signedIn(page);
  const { body: { username } } = await ask(page, 'GET', 'users/me');
  await open(page, '#/settings');
  await page.getByText('Set up').first().click();
  const panel = page.locator('section').filter({ hasText: 'Two-factor sign-in' });
  await panel.getByLabel('Password', { exact: true }).fill('wrong');
  await panel.getByRole('button', { name: 'Set up' }).click();
  await page.getByText('This is not your password.').waitFor();
  await panel.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await panel.getByRole('button', { name: 'Set up' }).click();
  await hasFocus(page, 'Key');
  const secret = await field(page, 'Key').inputValue();
  await field(page, 'Code').fill('123');
  await button(page, 'Turn on').click();
  await page.getByText('This code is not right.').waitFor();
  await field(page, 'Code').fill(code(secret));
  await button(page, 'Turn on').click();
  const recovery = await page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allTextContents();
  assert.equal(recovery.length, 10);
  await button(page, 'Close').click();
  await page.getByText('It is on').waitFor();
  await button(page, 'Sign out').click();
  await field(page, 'Username').fill(username);
  await field(page, 'Password').fill(PASSWORD);
  assert.equal(await field(page, 'Code').isVisible(), false);
  await button(page, 'Sign in').click();
  await hasFocus(page, 'Code');
  await field(page, 'Code').fill('000000');
  await button(page, 'Sign in').click();
  await page.getByText('This code is not right.').waitFor();
  await field(page, 'Code').fill(code(secret, 30));
  await button(page, 'Sign in').click();
  await page.getByRole('heading', { name: 'My goals' }).waitFor();
  await open(page, '#/settings');
  await page.getByText('Turn off').first().click();
  await panel.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await field(page, 'Code').fill(recovery[0]);
  await button(page, 'Turn off').click();
  await page.getByText('besides the password').waitFor();
  assert.equal((await ask(page, 'GET', 'users/me')).body.two_factor, false);
}));

test('an account is deleted by who knows its password', () => visit({ locale: 'pt-BR' }, async (page) => {
  await signedIn(page, [{ title: 'Nadar' }], 'pt-BR');
  const { body: { username } } = await ask(page, 'GET', 'users/me');
  await button(page, 'Configurações').click();
  await page.getByText('Excluir conta').first().click();
  await field(page, 'Senha').first().fill('errada');
  await button(page, 'Excluir conta').click();
  await page.getByText('Esta não é a sua senha.').waitFor();
  await field(page, 'Senha').first().fill(PASSWORD);
  await button(page, 'Excluir conta').click();
  await page.getByText('Sua conta e tudo o que havia nela foram excluídos.').waitFor();
  await hasFocus(page, 'Entrar');
  assert.equal((await ask(page, 'POST', 'sessions', { login: username, password: PASSWORD })).status, 401);
}));

test('the settings fit a narrow window with everything unfolded, in Portuguese', () => visit({ width: 320, locale: 'pt-BR' }, async (page) => {
  await signedIn(page, [], 'pt-BR');
  await open(page, '#/settings');
  for (const words of ['Alterar senha', 'Excluir conta', 'Configurar', 'Novo token']) await page.getByText(words).first().click();
  await page.getByText('Este dispositivo').waitFor();
  await atRest(page);
  assert.equal(await overflows(page), false);
}));

test('a spent link says so, and lets nobody in', () => visit({}, async (page) => {
  await open(page, '#/reset/spent');
  await page.getByRole('heading', { name: 'Choose a new password' }).waitFor();
  await field(page, 'New password').fill(NEW);
  await button(page, 'Save').click();
  await page.getByText('This link no longer works.').waitFor();
  await open(page, '#/verify/spent');
  await page.getByRole('heading', { name: 'Confirm your email' }).waitFor();
  await button(page, 'Confirm').click();
  await page.getByText('This link no longer works.').waitFor();
  await button(page, 'Cancel').click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
}));

test('who has forgotten a password asks for a link, where letters are sent', () => visit({ locale: 'pt-BR' }, async (page) => {
  assert.equal(await page.getByText('Esqueceu a senha?').count(), 0, 'this server sends no letters');
  await page.route('**/api/v1/meta', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...await answer.json(), mail: true } });
  });
  await page.reload();
  await page.getByRole('link', { name: 'Esqueceu a senha?' }).click();
  await page.getByRole('heading', { name: 'Esqueceu a senha?' }).waitFor();
  await field(page, 'E-mail').fill('nada');
  await button(page, 'Enviar link').click();
  await hasFocus(page, 'E-mail');
  await field(page, 'E-mail').fill('ninguem@example.org');
  await button(page, 'Enviar link').click();
  await page.getByText('o link já está a caminho').waitFor();
}));
