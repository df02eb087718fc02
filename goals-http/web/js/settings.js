// The settings: how the page is, who one is, and where one is signed in.

import { ask } from './api.js';
import { applyTheme, keysOn, remember, remembered, speakTo } from './device.js';
import { about, button, glyph, h } from './dom.js';
import { secondFactor } from './factor.js';
import { store, timeZone } from './goals.js';
import { bestLanguage, byText, moment, t } from './i18n.js';
import { tokens } from './tokens.js';
import {
  accountInput, atPassword, field, folded, form, passwordField, sayProblem, select, showTaken, toast, typedIn, whose,
} from './ui.js';

const saved = () => toast(t('said.settings'));

// ---- How the page is ----

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
    onchange: () => keep(control.value).then(saved, (problem) => {
      control.value = value;
      sayProblem(problem);
    }),
  }, options);
  return field(t(`settings.${name}`), control, hint);
}

const timeZones = () => [...new Set(['UTC', store.user.time_zone, ...Intl.supportedValuesOf('timeZone')])].sort(byText)
  .map((zone) => [zone, zone.replaceAll('_', ' ')]);

function preferences(redraw) {
  const { locale, time_zone: zone } = store.user;
  const system = ['system', t('settings.system')];
  const setLanguage = async (wanted) => {
    await saveUser({ locale: wanted === 'system' ? bestLanguage(navigator.languages) : wanted });
    remember('language', wanted);
    await speakTo(store.user);
    await redraw();
  };
  const setTheme = async (wanted) => {
    remember('theme', wanted);
    applyTheme();
  };
  const keys = h('input', { type: 'checkbox', checked: keysOn(), 'aria-describedby': 'keys-hint', onchange: () => remember('keys', keys.checked ? 'on' : 'off') });
  return h('div.panel',
    store.meta.accounts && [
      choice('language', remembered('language') === 'system' ? 'system' : bestLanguage([locale]), [system, ['en', 'English'], ['pt-BR', 'Português (Brasil)']], setLanguage),
      choice('zone', zone, timeZones(), (wanted) => saveUser({ time_zone: wanted }), t('hint.zone'))],
    choice('theme', remembered('theme') ?? 'system', [system, ['light', t('settings.light')], ['dark', t('settings.dark')]], setTheme),
    h('div.field', h('label.check', keys, t('settings.keys')), h('p.hint', { id: 'keys-hint' }, t('hint.keys'))));
}

// ---- Who one is ----

function account(leave) {
  const names = ['username', 'email'];
  const person = form({
    submit: async () => {
      const typed = Object.entries(typedIn(person)).filter(([name, value]) => value !== store.user[name]);
      if (typed.length) await saveUser(Object.fromEntries(typed));
      saved();
    },
    refused: showTaken,
  }, names.map((name) => field(t(`field.${name}`), accountInput(name, { value: store.user[name] }))),
  h('button', t('do.save')));

  const password = form({
    submit: async () => {
      await ask('PUT', 'users/me/password', { body: typedIn(password) });
      password.reset();
      toast(t('said.password'));
    },
    refused: atPassword('current_password'),
  }, whose(store.user), passwordField('current_password', 'current-password'), passwordField('new_password', 'new-password', t('hint.password')),
  h('button', t('do.change_password')));

  const deletion = form({
    submit: async () => {
      await ask('DELETE', 'users/me', { body: typedIn(deletion) });
      await leave(t('said.account_deleted'));
    },
    refused: atPassword('password'),
  }, whose(store.user), h('p.lead', t('hint.delete_account')), passwordField('password', 'current-password'),
  h('button.danger', t('do.delete_account')));

  return h('div.panel', person, folded(t('do.change_password'), password), folded(t('do.delete_account'), deletion));
}

// ---- Where one is signed in ----

const BROWSERS = { Edge: /Edg/, Opera: /OPR/, Firefox: /Firefox|FxiOS/, Chrome: /Chrome|CriOS/, Safari: /Safari/ };
const SYSTEMS = { Android: /Android/, iPhone: /iPhone/, iPad: /iPad/, Windows: /Windows/, macOS: /Mac OS X/, Linux: /Linux/ };

// A program names itself in a text for programs.
function clientWords(text) {
  const [browser, system] = [BROWSERS, SYSTEMS].map((names) => Object.keys(names).find((name) => names[name].test(text)));
  return browser && system ? t('session.client', { browser, system }) : text || t('session.unknown');
}

function sessionRow({ id, client, current, last_used_at: used }, list) {
  const words = clientWords(client);
  const end = () => ask('DELETE', `sessions/${id}`).then(() => {
    row.remove();
    list.focus();
    toast(t('said.session_ended', { client: words }));
  }, sayProblem);
  const row = h('li', h('div', h('strong', { dir: 'auto' }, words),
    h('p.hint', current ? t('session.current') : t('session.used', { when: moment(used, timeZone()) }))),
  !current && button(about(t('do.end_session'), words), end));
  return row;
}

function sessions(leave) {
  const list = h('ul.rows', { tabindex: -1, 'aria-label': t('settings.sessions') }, h('li.waiting', t('list.loading')));
  const everywhere = () => ask('DELETE', 'sessions').then(() => leave(), sayProblem);
  ask('GET', 'sessions').then(({ items }) => {
    const here = items.filter(({ current }) => current);
    list.replaceChildren(...[...here, ...items.filter(({ current }) => !current)].map((one) => sessionRow(one, list)));
    if (items.length > 1) list.after(button(t('do.end_sessions'), everywhere));
  }, (problem) => list.replaceChildren(h('li', problem.words)));
  return h('div.panel', list);
}

// ---- The view ----

const section = (name, content) => h('section', h('h2', t(`settings.${name}`)), content);

/** `redraw` shows the page anew in another language; `leave` is what follows when one is no longer here. */
export function settingsView({ redraw, signOut, leave }) {
  const { accounts } = store.meta;
  return {
    title: t('do.settings'),
    node: h('div.settings',
      button([glyph('back'), t('nav.all_goals')], () => { location.hash = '#/'; }, { class: 'quiet to-list' }),
      h('div.head', h('h1', { tabindex: -1 }, t('do.settings')), accounts && button(t('do.sign_out'), signOut)),
      section('preferences', preferences(redraw)),
      accounts && [section('account', account(leave)), store.meta.two_factor && section('factor', secondFactor()), section('sessions', sessions(leave)), section('tokens', tokens())]),
  };
}
