// The page: who is here, what they look at, and the frame around it.

import { ask, on } from './api.js';
import { applyTheme, forgetPerson, keysOn, speakTo, wasSignedIn } from './device.js';
import { button, focusOn, h } from './dom.js';
import { openGoalForm } from './form.js';
import { forget, onChange, read, readLimits, resume, store } from './goals.js';
import { plural, t } from './i18n.js';
import { listView } from './list.js';
import { flush, follow, inOrder } from './queue.js';
import { endToast, openDialog, sayProblem, takeToast, toasts } from './ui.js';

const main = h('main');
const offline = h('span.badge.warn', { role: 'status', hidden: true });
let view;
let notice;
let listHash = '#/';
let listScroll = 0;

// ---- Views ----

const goTo = (hash) => { location.hash = hash; };
const toGoals = () => goTo(isList(location.hash) ? '#/' : listHash);
const isList = (hash) => !/^#\/(goals\/|reset\/|verify\/|settings$)/.test(hash);

// What few visits need is fetched when it is about to be needed.
const MODULES = {
  checkin: () => import('./checkin.js'),
  detail: () => import('./detail.js'),
  links: () => import('./links.js'),
  settings: () => import('./settings.js'),
  welcome: () => import('./welcome.js'),
};
const loaded = {};
const load = async (name) => { loaded[name] ??= await MODULES[name](); };
const expect = (name) => () => load(name).catch(() => {});

const GOAL = /^#\/goals\/([^/?]+)/;
const LINK = /^#\/(reset|verify)\/([^/?]+)$/;

const isLink = (hash) => store.meta.accounts && (LINK.test(hash) || (!store.user && store.meta.mail && hash === '#/forgot'));

const moduleFor = (hash) => {
  if (isLink(hash)) return 'links';
  if (!store.user) return 'welcome';
  return GOAL.test(hash) ? 'detail' : hash === '#/settings' && 'settings';
};

function viewFor(hash) {
  const { detail, links, settings, welcome } = loaded;
  if (isLink(hash)) {
    const [, what, token] = LINK.exec(hash) ?? [];
    if (!token) return links.forgotView();
    return what === 'reset' ? links.resetView(token, linkUsed) : links.verifyView(token);
  }
  if (!store.user && !store.meta.accounts) return welcome.elsewhereView(store.meta.sign_in_url, notice);
  if (!store.user) return hash === '#/register' ? welcome.registerView(entered) : welcome.signInView(entered, notice);
  const [path, query] = hash.split('?');
  const id = GOAL.exec(path)?.[1];
  if (id) return detail.detailView(id, toGoals);
  return path === '#/settings' ? settings.settingsView({ redraw: drawFrame, signOut, leave }) : listView(new URLSearchParams(query));
}

// A view whose module does not come is a view that says so.
const missing = () => ({
  title: t('problem.offline'),
  node: h('div', h('h1', { tabindex: -1 }, t('problem.offline')), button(t('do.retry'), () => location.reload(), { class: 'primary' })),
});

/** Draws the view of the address; answers whether that is still where the person is. */
async function show() {
  const { hash } = location;
  const name = moduleFor(hash);
  let failed;
  if (name && !loaded[name]) {
    main.setAttribute('aria-busy', 'true');
    failed = await load(name).then(() => false, () => true);
    if (location.hash !== hash) return false;
  }
  main.removeAttribute('aria-busy');
  view = failed ? missing() : viewFor(hash);
  main.replaceChildren(view.node);
  update();
  return true;
}

function update() {
  view?.update?.();
  if (view) document.title = `${view.title} · ${t('app.name')}`;
}

async function navigate({ oldURL }) {
  const from = new URL(oldURL).hash;
  const returned = location.hash === listHash && !isList(from);
  if (isList(from)) [listHash, listScroll] = [from || '#/', scrollY];
  if (!await show()) return;
  main.querySelector('h1').focus({ preventScroll: true });
  scrollTo(0, returned ? listScroll : 0);
}

/** Draws everything anew: for another person or another language. */
async function drawFrame() {
  const key = document.activeElement.dataset.focus;
  const skip = (event) => {
    event.preventDefault();
    focusOn();
  };
  sayOffline();
  document.body.replaceChildren(
    h('header', { 'data-signed-in': Boolean(store.user) },
      h('a.skip', { href: '#', onclick: skip }, t('nav.skip')),
      h('div.top',
        h('a.brand', { href: '#/' }, h('img', { src: new URL('../icon.svg', import.meta.url), alt: '', width: 28, height: 28 }), t('app.name')),
        offline,
        store.user && button(t('do.settings'), () => goTo('#/settings'), { class: 'quiet' })),
      store.meta.storage === 'memory' && h('p.memory', { role: 'note' }, t('app.memory'))),
    main, toasts,
  );
  await show();
  if (key) focusOn(key);
}

// ---- Coming and going ----

// What fails here is said where the goals would be.
const readAll = () => [read('current'), readLimits()].map((reading) => reading.catch(() => {}));

async function entered(user) {
  notice = null;
  store.user = user;
  if (location.hash === '#/register') history.replaceState(null, '', '#/');
  await Promise.all([speakTo(user), ...readAll()]);
  resume(user);
  await drawFrame();
  focusOn();
}

async function left(why, wipe) {
  forget(wipe);
  follow.waiting(0);
  notice = why;
  main.replaceChildren();
  await forgetPerson();
  await drawFrame();
  focusOn();
}

/** Who left for good does not come back to where they were. */
function leave(why) {
  history.replaceState(null, '', '#/');
  return left(why, true);
}

/** Another password has ended every session; what waits to be sent is still theirs. */
function linkUsed(why) {
  history.replaceState(null, '', '#/');
  return left(why);
}

async function signOut() {
  endToast();
  try {
    await inOrder(() => ask('DELETE', 'sessions/current'));
  } catch (problem) {
    return sayProblem(problem);
  }
  return leave();
}

// A form that is open says it itself, and keeps what was typed.
on.signedOut = () => {
  if (store.user && !document.querySelector('dialog[open]')) left(t('problem.unauthenticated'));
};

let reached = true;
let waiting = 0;

function sayOffline() {
  offline.hidden = reached && !waiting;
  offline.textContent = waiting ? `${t('app.offline')} · ${plural('app.waiting', waiting)}` : t('app.offline');
}

on.reached = (now) => {
  reached = now;
  if (reached && waiting) flush();
  sayOffline();
};

follow.waiting = (count) => {
  waiting = count;
  sayOffline();
};

// What another tab or device did meanwhile.
async function catchUp() {
  if (document.visibilityState !== 'visible' || !store.user) return;
  const session = await ask('GET', 'session').catch(() => null);
  if (session && session.user?.id !== store.user?.id) location.reload();
  else if (session) [...store.read].forEach((collection) => read(collection).catch(() => {}));
}

// ---- Keys ----

const KEY_WORDS = {
  n: 'do.new_goal', '/': 'list.q', j: 'keys.next', k: 'keys.previous', Enter: 'keys.open',
  g: 'nav.all_goals', u: 'do.undo', Esc: 'do.close', '?': 'keys.title',
};

const help = () => openDialog(t('keys.title'), h('dl.keys', Object.entries(KEY_WORDS).map(([key, words]) => (
  h('div', h('dt', h('kbd', key)), h('dd', t(words)))))));

// From the card that holds the focus, or from before the first.
function move(step) {
  const cards = [...document.querySelectorAll('[data-goal]')];
  const at = cards.findIndex((card) => card.contains(document.activeElement)) + step;
  cards[Math.max(0, Math.min(at, cards.length - 1))]?.querySelector('a').focus();
}

const TYPING = 'input:not([type=checkbox], [type=radio]), select, textarea';

const KEYS = {
  n: () => openGoalForm(),
  g: toGoals,
  j: () => move(1),
  k: () => move(-1),
  u: takeToast,
  '?': help,
  '/': () => document.querySelector('[type=search]')?.focus(),
};

function onKey(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !KEYS[key] || !keysOn()) return;
  if (target.closest(TYPING) || document.querySelector('dialog[open]') || !document.querySelector('[data-signed-in]')) return;
  event.preventDefault();
  KEYS[key]();
}

// ---- Starting ----

async function start() {
  applyTheme();
  // The goals are asked for at once only where that will not be refused.
  const early = wasSignedIn() ? readAll() : [];
  if (!early.length) expect('welcome')();
  const [{ user }, meta] = await Promise.all([ask('GET', 'session'), ask('GET', 'meta'), speakTo()]);
  Object.assign(store, { user, meta });
  if (user) await Promise.all([speakTo(user), ...(early.length ? early : readAll())]);
  else await forgetPerson();
  await drawFrame();
  if (user) resume(user);
  addEventListener('hashchange', navigate);
  // What the next click is likely to need.
  setTimeout(() => Object.keys(MODULES).filter((name) => user && name !== 'welcome' && name !== 'links').forEach((name) => expect(name)()), 1000);
}

// Without a dictionary there is only what is written here.
async function unreachable(problem) {
  const spoken = await speakTo().then(() => true, () => false);
  document.body.replaceChildren(h('main.welcome',
    h('h1', (spoken && problem.words) || 'Goals cannot be reached. Não foi possível abrir suas metas.'),
    button(spoken ? t('do.retry') : '↻', () => location.reload(), { class: 'primary' })));
}

history.scrollRestoration = 'manual';
addEventListener('online', catchUp);
document.addEventListener('visibilitychange', catchUp);
onChange(update);
addEventListener('keydown', onKey);
start().catch(unreachable);
