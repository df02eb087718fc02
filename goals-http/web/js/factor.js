// The second factor: set up with the password, confirmed by a code, turned off with both.

import { ask } from './api.js';
import { button, h } from './dom.js';
import { store } from './goals.js';
import { t } from './i18n.js';
import { atPassword, field, folded, form, passwordField, toast, typedIn, whose } from './ui.js';

const codeField = () => field(t('field.code'), h('input', { name: 'code', autocomplete: 'one-time-code', autocapitalize: 'none', spellcheck: 'false' }));

/** The state of the second factor, and the way to the other. */
export function secondFactor() {
  const panel = h('div.panel');
  const show = (...content) => panel.replaceChildren(...content);

  const setUp = () => {
    const element = form({
      submit: async () => confirm(await ask('POST', 'two-factor', { body: typedIn(element) })),
      refused: atPassword('password'),
    }, whose(store.user), passwordField('password', 'current-password'), h('button', t('do.set_up')));
    return element;
  };

  function confirm({ secret, otpauth_uri: uri }) {
    const key = h('input', { readonly: true, value: secret.match(/.{1,4}/g).join(' '), autocomplete: 'off', spellcheck: 'false' });
    const element = form({
      submit: async () => keep((await ask('PUT', 'two-factor', { body: typedIn(element) })).recovery_codes),
    }, field(t('field.secret'), key, t('hint.secret'), h('a.button', { href: uri }, t('do.open_app'))), codeField(), h('button.primary', t('do.turn_on')));
    show(element);
    key.focus();
  }

  // They are told once.
  function keep(codes) {
    store.user.two_factor = true;
    const list = h('ul.codes', { tabindex: -1, 'aria-label': t('field.recovery') }, codes.map((code) => h('li', h('code', code))));
    const copy = () => navigator.clipboard.writeText(codes.join('\n')).then(() => toast(t('said.copied')), () => {});
    show(h('p.lead', t('hint.recovery')), list, h('div.buttons', button(t('do.copy'), copy), button(t('do.close'), draw)));
    list.focus();
  }

  const turnOff = () => {
    const element = form({
      submit: async () => {
        await ask('DELETE', 'two-factor', { body: typedIn(element) });
        store.user.two_factor = false;
        draw();
      },
      refused: (own, problem) => {
        if (problem.code === 'second_factor_required') problem.errors = [{ pointer: '/code', code: 'wrong_code' }];
        atPassword('password')(own, problem);
      },
    }, whose(store.user), passwordField('password', 'current-password'), codeField(), h('button', t('do.turn_off')));
    return element;
  };

  function draw() {
    const on = store.user.two_factor;
    show(h('p.lead', t(on ? 'hint.factor_on' : 'hint.factor_off')), folded(t(on ? 'do.turn_off' : 'do.set_up'), on ? turnOff() : setUp()));
  }

  draw();
  return panel;
}
