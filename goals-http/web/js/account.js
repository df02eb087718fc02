// Signing in, creating an account, and the settings.

import { ask } from './api.js';
import { h } from './dom.js';
import { bestLanguage, byText, currentLanguage, speak, t } from './i18n.js';
import { store } from './goals.js';
import { field, form, passwordField, sayProblem, select, showProblem, toast } from './ui.js';

// What this device remembers; without storage it simply forgets.
const device = {
  get(name) {
    try {
      return localStorage.getItem(`goals.${name}`);
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(`goals.${name}`);
      else localStorage.setItem(`goals.${name}`, value);
    } catch {
      // A private window may refuse; the choice then lasts as long as the page.
    }
  },
};

/** Whether somebody was signed in here the last time. */
export const wasSignedIn = () => device.get('language') !== null;

/** The languages to speak, best first, before it is known who asks. */
export const guessedLanguage = () => bestLanguage([device.get('language') ?? [], navigator.languages].flat()
  .filter((tag) => tag !== 'system'));

/** Speaks the person's language, or the browser's when this device follows that. */
export async function speakTo(user) {
  const follows = device.get('language') === 'system';
  if (!follows) device.set('language', user.locale);
  await speak(bestLanguage(follows ? navigator.languages : [user.locale]));
}

/** Forgets who was here, for the next person at this device. */
export const forgetPerson = () => device.set('language', null);

export const keysOn = () => device.get('keys') !== 'off';

/** Dresses the page in the theme chosen on this device. */
export function applyTheme() {
  document.documentElement.dataset.theme = device.get('theme') ?? 'system';
}

// ---- Signing in -----------------------------------------------------------

const welcome = (title, lead, ...content) => h('div', { class: 'welcome' },
  h('h1', { tabindex: -1 }, title), h('p', { class: 'lead' }, lead), content);

const text = (name, props) => h('input', { name, autocapitalize: 'none', spellcheck: 'false', ...props });

const values = (element) => Object.fromEntries(new FormData(element));

async function signIn(login, password) {
  const { user } = await ask('POST', 'sessions', { body: { login, password, cookie: true } });
  return user;
}

/** The first thing a person sees. `entered` is told who came in. */
export function signInView(entered, notice) {
  const element = form({}, {
    submit: async () => {
      const { username, password } = values(element);
      entered(await signIn(username, password));
    },
    refused: (own, problem) => {
      // The server knows one name for both; on this page it is the user name.
      problem.errors.forEach((error) => { error.pointer = error.pointer.replace('/login', '/username'); });
      showProblem(own, problem);
    },
  },
  field(t('field.username'), text('username', { autocomplete: 'username' }), { hint: t('hint.login') }),
  passwordField('current-password'),
  h('div', { class: 'buttons' },
    h('button', { class: 'primary' }, t('do.sign_in')),
    h('button', { type: 'button', onclick: () => { location.hash = '#/register'; } }, t('do.register'))));
  return {
    title: t('title.sign_in'),
    node: welcome(t('title.sign_in'), t('app.promise'), notice && h('p', { class: 'note', role: 'status' }, notice), element),
  };
}

const TAKEN = { username_taken: 'username', email_taken: 'email' };

export function registerView(entered) {
  const element = form({}, {
    submit: async () => {
      const body = values(element);
      const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
      await ask('POST', 'users', { body: { ...body, locale: currentLanguage(), time_zone: timeZone } });
      entered(await signIn(body.username, body.password));
    },
    refused: (own, problem) => {
      const name = TAKEN[problem.code];
      if (name) problem.errors = [{ pointer: `/${name}`, code: problem.code }];
      showProblem(own, problem);
    },
  },
  field(t('field.username'), text('username', { autocomplete: 'username' })),
  field(t('field.email'), text('email', { type: 'email', autocomplete: 'email' })),
  passwordField('new-password', { hint: t('hint.password') }),
  h('div', { class: 'buttons' },
    h('button', { class: 'primary' }, t('do.register')),
    h('button', { type: 'button', onclick: () => { location.hash = '#/'; } }, t('do.sign_in'))));
  return { title: t('title.register'), node: welcome(t('title.register'), t('app.promise'), element) };
}

// ---- Settings -------------------------------------------------------------

// The last choice wins: a preference has nothing to merge.
async function saveUser(change) {
  const { version } = await ask('GET', 'users/me');
  store.user = await ask('PATCH', 'users/me', { body: change, version });
}

function timeZones() {
  const known = new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), store.user.time_zone]);
  return [...known].sort(byText).map((zone) => [zone, zone.replaceAll('_', ' ')]);
}

// A choice that is kept as soon as it is made, and put back when it cannot be.
function choice(key, value, options, keep) {
  let kept = value;
  const control = select({
    name: key,
    value,
    'data-focus': `settings:${key}`,
    onchange: async () => {
      try {
        await keep(control.value);
        kept = control.value;
        toast(t('said.settings'));
      } catch (problem) {
        control.value = kept;
        sayProblem(problem);
      }
    },
  }, options);
  return control;
}

/** `redraw` shows the page anew in another language; `signOut` ends the session. */
export function settingsView({ redraw, signOut }) {
  const follows = device.get('language') === 'system';
  const language = choice('language', follows ? 'system' : bestLanguage([store.user.locale]), [
    ['system', t('settings.system')], ['en', 'English'], ['pt-BR', 'Português (Brasil)'],
  ], async (wanted) => {
    await saveUser({ locale: wanted === 'system' ? bestLanguage(navigator.languages) : wanted });
    device.set('language', wanted);
    await speakTo(store.user);
    redraw();
  });
  const zone = choice('zone', store.user.time_zone, timeZones(), (wanted) => saveUser({ time_zone: wanted }));
  const theme = choice('theme', device.get('theme') ?? 'system', [
    ['system', t('settings.system')], ['light', t('settings.light')], ['dark', t('settings.dark')],
  ], (wanted) => {
    device.set('theme', wanted);
    applyTheme();
  });
  const keys = h('input', {
    type: 'checkbox', id: 'keys', checked: keysOn(), 'aria-describedby': 'keys-hint',
    onchange: () => device.set('keys', keys.checked ? 'on' : 'off'),
  });
  return {
    title: t('title.settings'),
    node: h('div', { class: 'settings' },
      h('a', { class: 'back', href: '#/' }, t('nav.all_goals')),
      h('h1', { tabindex: -1 }, t('title.settings')),
      h('p', { class: 'lead' }, t('settings.signed_in', { username: store.user.username, email: store.user.email })),
      h('div', { class: 'panel' },
        field(t('settings.language'), language),
        field(t('settings.zone'), zone, { hint: t('hint.zone') }),
        field(t('settings.theme'), theme),
        h('div', { class: 'field' },
          h('label', { class: 'check' }, keys, t('settings.keys')),
          h('p', { class: 'hint', id: 'keys-hint' }, t('hint.keys')))),
      h('button', { type: 'button', onclick: signOut }, t('do.sign_out'))),
  };
}
