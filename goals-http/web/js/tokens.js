// API tokens: what lets a script in.

import { ask } from './api.js';
import { about, button, h } from './dom.js';
import { store, timeZone, today } from './goals.js';
import { day, dayIn, plural, t } from './i18n.js';
import { atPassword, field, folded, form, passwordField, sayProblem, select, toast, typedIn, whose } from './ui.js';

const LIFE = [30, 90, 366];

const dayOf = (instant) => day(dayIn(instant, timeZone()), today());

function tokenRow({ id, name, scope, expires_at: end, last_used_at: used }, list) {
  const revoke = () => ask('DELETE', `tokens/${id}`).then(() => {
    row.remove();
    list.focus();
    toast(t('said.revoked', { name }));
  }, sayProblem);
  const row = h('li', h('div', h('strong', { dir: 'auto' }, name),
    h('p.hint', [t(`scope.${scope}`), t('token.expires', { when: dayOf(end) }), used ? t('session.used', { when: dayOf(used) }) : t('token.unused')].join(' · '))),
  button(about(t('do.revoke'), name), revoke));
  return row;
}

// It is told once, so it is told with a way to take it along.
function made(token) {
  const shown = h('input', { readonly: true, value: token, autocomplete: 'off', spellcheck: 'false' });
  const copy = () => navigator.clipboard.writeText(token).then(() => toast(t('said.copied')), () => shown.select());
  return field(t('field.token'), shown, t('hint.token'), button(t('do.copy'), copy));
}

/** The tokens of the person, and a form for another. */
export function tokens() {
  const list = h('ul.rows', { tabindex: -1, 'aria-label': t('settings.tokens') });
  const result = h('div', { role: 'status' });
  const read = () => ask('GET', 'tokens').then(({ items }) => {
    list.replaceChildren(...items.map((one) => tokenRow(one, list)));
  }, (problem) => list.replaceChildren(h('li', problem.words)));
  const element = form({
    submit: async () => {
      const { expires_in_days: days, ...typed } = typedIn(element);
      const { token } = await ask('POST', 'tokens', { body: { ...typed, expires_in_days: Number(days) } });
      element.reset();
      result.replaceChildren(made(token));
      result.querySelector('input').focus();
      await read();
    },
    refused: atPassword('password'),
  }, whose(store.user), field(t('own.name'), h('input', { name: 'name', autocomplete: 'off' })),
  field(t('field.scope'), select({ name: 'scope' }, ['read', 'write'].map((scope) => [scope, t(`scope.${scope}`)]))),
  field(t('field.expires'), select({ name: 'expires_in_days' }, LIFE.map((days) => [days, plural('days', days)]))),
  passwordField('password', 'current-password'), h('button', t('do.new_token')));
  read();
  return h('div.panel', h('p.lead', t('hint.tokens')), list, result, folded(t('do.new_token'), element));
}
