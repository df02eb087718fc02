// The page: who is here, what they look at, and the frame around it.

import { applyTheme, forgetPerson, guessedLanguage, registerView, settingsView, signInView, speakTo, wasSignedIn } from './account.js';
import { ask, onReach, onSignedOut } from './api.js';
import { detailView } from './detail.js';
import { h } from './dom.js';
import { onCreated, openGoalForm, resumeForm } from './form.js';
import { forget, onChange, read, readLimits, store } from './goals.js';
import { speak, t } from './i18n.js';
import { listenForKeys } from './keys.js';
import { listView } from './list.js';
import { endToast, sayProblem, toastRegion } from './ui.js';

const main = h('main', { id: 'main' });
const offline = h('span', { class: 'badge warn', role: 'status', hidden: true });
let view = null;
let listHash = '#/';
let listScroll = 0;

// ---- Views ----------------------------------------------------------------

const isList = (hash) => !/^#\/(goals\/|settings$)/.test(hash);

function viewFor(hash) {
  if (!store.user) return hash === '#/register' ? registerView(entered) : signInView(entered, notice);
  const [path, query] = hash.split('?');
  const id = /^#\/goals\/([^/]+)$/.exec(path)?.[1];
  if (id) return detailView(decodeURIComponent(id), { toGoals });
  if (path === '#/settings') return settingsView({ redraw: drawFrame, signOut });
  return listView(new URLSearchParams(query));
}

function show() {
  view = viewFor(location.hash);
  main.replaceChildren(view.node);
  setTitle();
}

const setTitle = () => { document.title = `${view.title} · ${t('app.name')}`; };

function update() {
  view?.update?.();
  if (view) setTitle();
}

function toGoals() {
  location.hash = isList(location.hash) ? '#/' : listHash;
}

function navigate({ oldURL }) {
  const from = new URL(oldURL).hash;
  const back = location.hash === listHash && !isList(from);
  if (isList(from)) [listHash, listScroll] = [from || '#/', scrollY];
  show();
  main.querySelector('h1')?.focus({ preventScroll: true });
  scrollTo(0, back ? listScroll : 0);
}

// ---- The frame ------------------------------------------------------------

function skip(event) {
  event.preventDefault();
  main.querySelector('h1')?.focus();
}

/** Draws everything anew: for another person or another language. */
function drawFrame() {
  const key = document.activeElement?.dataset.focus;
  offline.textContent = t('app.offline');
  document.body.replaceChildren(
    h('a', { class: 'skip', href: '#main', onclick: skip }, t('nav.skip')),
    h('header', { class: 'top', 'data-signed-in': Boolean(store.user) },
      h('a', { class: 'brand', href: '#/' }, h('img', { src: 'icon.svg', alt: '', width: 28, height: 28 }), t('app.name')),
      offline,
      store.user && h('button', { type: 'button', class: 'quiet', onclick: () => { location.hash = '#/settings'; } }, t('title.settings'))),
    store.meta?.storage === 'memory' ? h('p', { class: 'memory', role: 'note' }, t('app.memory')) : '',
    main,
    toastRegion(),
  );
  show();
  if (key) document.querySelector(`[data-focus="${key}"]`)?.focus();
}

onReach((reached) => { offline.hidden = reached; });

// ---- Coming and going -----------------------------------------------------

let notice = null;

async function entered(user) {
  notice = null;
  store.user = user;
  if (location.hash === '#/register') history.replaceState(null, '', '#/');
  await Promise.all([speakTo(user), ...goals()]);
  drawFrame();
  main.querySelector('h1').focus();
  resumeForm();
}

// A failure shows where the goals would be.
const goals = () => [read('current'), readLimits()].map((reading) => reading.catch(() => {}));

function left(why) {
  forgetPerson();
  forget();
  notice = why;
  drawFrame();
  main.querySelector('h1').focus();
}

async function signOut() {
  endToast();
  try {
    await ask('DELETE', 'sessions/current');
  } catch (problem) {
    if (problem.status !== 401) return sayProblem(problem);
  }
  history.replaceState(null, '', '#/');
  left(null);
}

onSignedOut(() => {
  if (store.user) left(t('problem.unauthenticated'));
});

// What another tab or device did meanwhile.
async function catchUp() {
  if (document.visibilityState !== 'visible' || !store.user) return;
  const { user } = await ask('GET', 'session');
  if (user?.id === store.user?.id) await Promise.all([...store.read].map(read));
  else location.reload();
}

const quietly = (job) => () => job().catch(() => {});

// ---- Starting -------------------------------------------------------------

async function start() {
  applyTheme();
  const words = speak(guessedLanguage());
  const known = [ask('GET', 'session'), ask('GET', 'meta')];
  // Asked for at once only where it will not be refused.
  if (wasSignedIn()) known.push(...goals());
  try {
    await words;
    const [{ user }, meta] = await Promise.all(known);
    Object.assign(store, { user, meta });
    if (user) await Promise.all([speakTo(user), ...(wasSignedIn() ? [] : goals())]);
    else forgetPerson();
  } catch (problem) {
    unreachable(problem);
    return;
  }
  drawFrame();
}

// Without a dictionary there is only what is written here.
function unreachable(problem) {
  const again = h('button', { type: 'button', class: 'primary', onclick: () => location.reload() }, '↻ Goals · Metas');
  document.body.replaceChildren(h('main', { class: 'welcome' },
    h('h1', null, problem.words ?? 'Goals cannot be reached · Metas sem conexão'), again));
}

history.scrollRestoration = 'manual';
addEventListener('hashchange', navigate);
addEventListener('online', quietly(catchUp));
document.addEventListener('visibilitychange', quietly(catchUp));
onChange(update);
onCreated((goal) => {
  if (!view.shows?.(goal)) location.hash = '#/';
});
listenForKeys({ newGoal: () => openGoalForm(), toGoals: () => { location.hash = listHash; } });
start();
