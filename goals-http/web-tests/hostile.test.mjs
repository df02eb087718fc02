// Text is text, whatever it looks like and wherever it is typed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, open, signedIn, useBrowser, visit } from './harness.mjs';

useBrowser();

const PAYLOADS = [
  '<img src=x onerror=alert(1)>', '"><script>alert(1)</script>', '<svg onload=alert(1)>', "';alert(1);//", '{{7*7}}${7*7}', 'javascript:alert(1)',
  '<a href="https://example.com">x</a>', '</title><style>*{display:none}</style>',
];

// What our own code never makes: anything here came out of a text.
const strangers = (page) => page.locator('script:not([type=module]), style, iframe, object, img:not([alt=""]), svg:not(.glyph), a:not([href^="#"]), [onerror], [onload]').count();

test('payloads in every text field stay texts', () => visit({}, async (page) => {
  await signedIn(page);
  for (const [index, payload] of PAYLOADS.entries()) {
    await page.keyboard.press('n');
    await page.getByLabel('Title').fill(`${index} ${payload}`);
    await page.getByText('Customise').click();
    await page.getByLabel('Description').fill(payload);
    await page.getByLabel('Tags').fill(payload.replaceAll(',', ' ').slice(0, 40));
    await page.getByRole('button', { name: 'Add a field' }).click();
    await page.getByLabel('Name').fill(`x ${payload}`);
    await page.getByLabel('Content').fill(payload);
    await page.getByRole('button', { name: 'Save' }).click();
    const link = page.getByRole('link', { name: `${index} ${payload}`, exact: true });
    await link.waitFor();
    assert.equal(await strangers(page), 0);
    await link.click();
    await page.getByRole('heading', { level: 1, name: `${index} ${payload}` }).waitFor();
    assert.ok((await page.locator('main').innerText()).includes(payload));
    assert.equal(await strangers(page), 0);
    await page.getByRole('button', { name: 'All goals' }).click();
    await page.getByLabel('Search goals').fill(payload);
    await link.waitFor();
    await page.getByLabel('Search goals').fill('');
    await page.getByRole('heading', { level: 1 }).focus();
  }
  const own = (await ask(page, 'GET', 'goals')).body.items;
  assert.equal(own.length, PAYLOADS.length);
}));

test('payloads in the sign-in fields and in the address stay texts', () => visit({}, async (page) => {
  for (const payload of PAYLOADS) {
    await page.getByLabel('Username').fill(payload);
    await page.getByLabel('Password').fill(payload);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Username or password is wrong.').waitFor();
  }
  await signedIn(page, [{ title: 'Swim' }]);
  for (const payload of PAYLOADS) {
    const text = encodeURIComponent(payload);
    await open(page, `#/?q=${text}&tag=${text}&show=${text}&sort=${text}&constructor=${text}`);
    await page.getByLabel('Search goals').waitFor();
    await open(page, `#/goals/${text}`);
    await page.getByText('not here any more').waitFor();
    assert.equal(await strangers(page), 0);
  }
  await open(page, '#/goals/%E0%A4%A');
  await page.getByRole('heading', { level: 1 }).waitFor();
}));

test('the page is served with a policy that forbids what it does not need', () => visit({}, async (page) => {
  const answer = await page.request.get(page.url());
  const policy = answer.headers()['content-security-policy'];
  for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "require-trusted-types-for 'script'"]) {
    assert.ok(policy.includes(part), part);
  }
  assert.equal(await page.evaluate(() => {
    try {
      document.body.innerHTML = '<b>x</b>';
      return 'markup from text';
    } catch (error) {
      return error.name;
    }
  }).catch((error) => error.name), 'TypeError');
}).catch((error) => {
  // The attempt above is itself a violation, and the only one allowed.
  assert.match(String(error.message), /TrustedHTML/);
}));
