// Signing in, creating an account, and the settings.

import { ask } from './api.js';
import { button, glyph, h } from './dom.js';
import { bestLanguage, byText, currentLanguage, speak, t } from './i18n.js';
import { store } from './goals.js';
import { field, form, passwordField, sayProblem, select, showProblem, toast } from './ui.js';

// What this device remembers: `language` (the one spoken here last, or "system"
// to follow the browser; none when nobody was here), `theme` and `keys`.
const remembered = (name) => localStorage.getItem(`goals.${name}`);
const remember = (name, value) => localStorage.setItem(`goals.${name}`, value);

/** Whether somebody was signed in here when the page was last left. */
export const wasSignedIn = () => Boolean(remembered('language'));

export const keysOn = () => remembered('keys') !== 'off';

/** Dresses the page in the theme chosen on this device. */
export const applyTheme = () => { document.documentElement.dataset.theme = remembered('theme') ?? 'system'; };

/** Speaks the person's language, or the best guess before it is known who asks. */
export function speakTo(user) {
  const follows = remembered('language') === 'system';
  if (user && !follows) remember('language', user.locale);
  return speak(bestLanguage(follows || !wasSignedIn() ? navigator.languages : [remembered('language')]));
}

/** From now on the browser's language is the best guess. */
export function forgetPerson() {
  remember('language', '');
  return speakTo();
}

// ---- Signing in ----

const welcome = (title, ...content) => ({
  title,
  node: h('div.welcome', h('h1', { tabindex: -1 }, title), h('p.lead', t('app.promise')), content),
});

const text = (name, autocomplete = name) => h('input', { name, type: name === 'email' ? name : 'text', autocomplete, autocapitalize: 'none', spellcheck: 'false' });

const typedIn = (element) => Object.fromEntries(new FormData(element));

async function signIn({ username, password }) {
  const { user } = await ask('POST', 'sessions', { body: { login: username, password, cookie: true } });
  return user;
}

const buttons = (main, other, href) => h('div.buttons',
  h('button.primary', main), button(other, () => { location.hash = href; }));

/** The first thing a person sees. `entered` is told who came in; `notice` says why they are here. */
export function signInView(entered, notice) {
  const element = form({
    submit: async () => entered(await signIn(typedIn(element))),
    refused: (own, problem) => {
      // The API has one name for either; on the page it is the user name.
      problem.errors.forEach((error) => { error.pointer = error.pointer.replace('login', 'username'); });
      showProblem(own, problem);
    },
  }, field(t('field.username'), text('username'), t('hint.login')), passwordField('current-password'),
  buttons(t('do.sign_in'), t('do.register'), '#/register'));
  return welcome(t('do.sign_in'), notice && h('p.note', { role: 'status' }, notice), element);
}

export function registerView(entered) {
  const element = form({
    submit: async () => {
      const typed = typedIn(element);
      const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
      await ask('POST', 'users', { body: { ...typed, locale: currentLanguage(), time_zone: timeZone } });
      await entered(await signIn(typed));
    },
    refused: (own, problem) => {
      const taken = /^(\w+)_taken$/.exec(problem.code)?.[1];
      if (taken) problem.errors = [{ pointer: `/${taken}`, code: problem.code }];
      showProblem(own, problem);
    },
  }, field(t('field.username'), text('username')), field(t('field.email'), text('email')),
  passwordField('new-password', t('hint.password')), buttons(t('do.register'), t('do.sign_in'), '#/'));
  return welcome(t('do.register'), element);
}

// ---- Settings ----

// The last choice wins: a preference has nothing to merge.
async function saveUser(change) {
  const { version } = await ask('GET', 'users/me');
  store.user = await ask('PATCH', 'users/me', { body: change, version });
}

// A choice is kept as soon as it is made, and put back when it cannot be.
function choice(name, value, options, keep, hint) {
  const control = select({
    name,
    value,
    'data-focus': name,
    onchange: () => keep(control.value).then(() => toast(t('said.settings')), (problem) => {
      control.value = value;
      sayProblem(problem);
    }),
  }, options);
  return field(t(`settings.${name}`), control, hint);
}

const timeZones = () => [...new Set(['UTC', store.user.time_zone, ...Intl.supportedValuesOf('timeZone')])].sort(byText)
  .map((zone) => [zone, zone.replaceAll('_', ' ')]);

/** `redraw` shows the page anew in another language; `signOut` ends the session. */
export function settingsView(redraw, signOut) {
  const { username, email, locale, time_zone: zone } = store.user;
  const system = ['system', t('settings.system')];
  const setLanguage = async (wanted) => {
    await saveUser({ locale: wanted === 'system' ? bestLanguage(navigator.languages) : wanted });
    remember('language', wanted);
    await speakTo(store.user);
    redraw();
  };
  const setTheme = async (wanted) => {
    remember('theme', wanted);
    applyTheme();
  };
  const keys = h('input', { type: 'checkbox', checked: keysOn(), 'aria-describedby': 'keys-hint', onchange: () => remember('keys', keys.checked ? 'on' : 'off') });
  return {
    title: t('do.settings'),
    node: h('div.settings',
      button([glyph('back'), t('nav.all_goals')], () => { location.hash = '#/'; }, { class: 'quiet to-list' }),
      h('h1', { tabindex: -1 }, t('do.settings')),
      h('p.lead', t('settings.signed_in', { username, email })),
      h('div.panel',
        choice('language', remembered('language') === 'system' ? 'system' : bestLanguage([locale]), [system, ['en', 'English'], ['pt-BR', 'Português (Brasil)']], setLanguage),
        choice('zone', zone, timeZones(), (wanted) => saveUser({ time_zone: wanted }), t('hint.zone')),
        choice('theme', remembered('theme') ?? 'system', [system, ['light', t('settings.light')], ['dark', t('settings.dark')]], setTheme),
        h('div.field', h('label.check', keys, t('settings.keys')), h('p.hint', { id: 'keys-hint' }, t('hint.keys')))),
      button(t('do.sign_out'), signOut)),
  };
}
