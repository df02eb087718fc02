// The dictionaries and the sizes, without a browser.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const WEB = new URL('../web/', import.meta.url);
const text = (path) => readFileSync(new URL(path, WEB), 'utf8');
const code = readdirSync(new URL('js/', WEB)).map((name) => text(`js/${name}`)).join('\n');
const dictionaries = Object.fromEntries(['en', 'pt-BR'].map((tag) => [tag, JSON.parse(text(`i18n/${tag}.json`))]));

test('both languages have the same keys, once each', () => {
  assert.deepEqual(Object.keys(dictionaries.en), Object.keys(dictionaries['pt-BR']));
  for (const tag of Object.keys(dictionaries)) {
    const written = text(`i18n/${tag}.json`).match(/^"[^"]+":/gm);
    assert.equal(written.length, new Set(written).size);
  }
});

test('both languages name the same things in their texts', () => {
  const names = (words) => [...words.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const [key, words] of Object.entries(dictionaries.en)) {
    assert.deepEqual(names(dictionaries['pt-BR'][key]), names(words), key);
    assert.notEqual(words.trim(), '', key);
  }
});

test('every text is used, and every text that is used is there', () => {
  const literal = [...code.matchAll(/'([a-z]+\.[a-z_?]+)'/g)].map(([, key]) => key);
  const prefixes = [...code.matchAll(/`([a-z]+\.)\$\{/g)].map(([, prefix]) => prefix);
  const plurals = [...code.matchAll(/plural\('([a-z._]+)'/g)].map(([, key]) => key);
  const used = (key) => literal.includes(key) || prefixes.some((prefix) => key.startsWith(prefix))
    || plurals.some((base) => [`${base}.one`, `${base}.other`].includes(key));
  assert.deepEqual(Object.keys(dictionaries.en).filter((key) => !used(key)), ['overdue'].filter((key) => !used(key)));
  const groups = new Set(Object.keys(dictionaries.en).map((key) => key.split('.')[0]));
  const missing = literal.filter((key) => groups.has(key.split('.')[0]) && !(key in dictionaries.en) && !plurals.includes(key));
  assert.deepEqual(missing, []);
});

test('the page stays within its budget', () => {
  const sent = (folder, only = '') => readdirSync(new URL(folder, WEB)).filter((name) => name.includes(only))
    .reduce((sum, name) => sum + gzipSync(readFileSync(new URL(folder + name, WEB)), { level: 9 }).length, 0);
  assert.ok(sent('js/') <= 60_000, `${sent('js/')} bytes of script`);
  assert.ok(sent('css/') <= 16_000, `${sent('css/')} bytes of style`);
  for (const tag of Object.keys(dictionaries)) assert.ok(sent('i18n/', tag) <= 8_000, `${sent('i18n/', tag)} bytes of ${tag}`);
});

test('the page makes no markup from texts and runs none', () => {
  assert.doesNotMatch(code, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|\.setHTML/);
  assert.doesNotMatch(text('index.html'), /\sstyle=|<style|\son\w+=|https?:/);
});

test('every module that is needed at once is asked for at once', () => {
  const reached = (...names) => {
    const found = new Set(names);
    for (const name of found) {
      for (const [, other] of text(`js/${name}`).matchAll(/from '\.\/(\w+\.js)'/g)) found.add(other);
    }
    return [...found].sort();
  };
  const asked = [...text('index.html').matchAll(/"js\/(\w+\.js)"/g)].map(([, name]) => name).sort();
  assert.deepEqual(asked, reached('main.js'));
  const later = [...code.matchAll(/import\('\.\/(\w+\.js)'\)/g)].map(([, name]) => name);
  assert.deepEqual(reached(...asked, ...later), readdirSync(new URL('js/', WEB)).sort());
});
