// Signing in, and creating an account.

import { ask } from './api.js';
import { button, h } from './dom.js';
import { store } from './goals.js';
import { currentLanguage, t } from './i18n.js';
import { accountInput, field, form, passwordField, showProblem, showTaken, typedIn } from './ui.js';

/** A view of who has not come in yet. */
export const welcome = (title, ...content) => ({
  title,
  node: h('div.welcome', h('h1', { tabindex: -1 }, title), h('p.lead', t('app.promise')), content),
});

async function signIn({ username, password, code }) {
  const { user } = await ask('POST', 'sessions', { body: { login: username, password, cookie: true, ...(code && { code }) } });
  return user;
}

/** The button of a form, and the way to another view. */
export const buttons = (main, other, href) => h('div.buttons',
  h('button.primary', main), button(other, () => { location.hash = href; }));

/** Where somebody else knows who people are: only the way there. */
export function elsewhereView(url, notice) {
  return welcome(t('do.sign_in'), notice && h('p.note', { role: 'status' }, notice),
    url ? h('a.button.primary', { href: url }, t('do.sign_in')) : h('p', t('welcome.elsewhere')));
}

/** The first thing a person sees. `entered` is told who came in; `notice` says why they are here. */
export function signInView(entered, notice) {
  // Only whoever has a second factor is asked for it.
  const code = field(t('field.code'), h('input', { name: 'code', autocomplete: 'one-time-code', autocapitalize: 'none', spellcheck: 'false' }), t('hint.code'));
  code.hidden = true;
  const element = form({
    submit: async () => entered(await signIn(typedIn(element))),
    refused: (own, problem) => {
      if (problem.code === 'second_factor_required' && code.hidden) {
        code.hidden = false;
        return code.querySelector('input').focus();
      }
      if (problem.code === 'second_factor_required') problem.errors = [{ pointer: '/code', code: 'wrong_code' }];
      // The API has one name for either; on the page it is the user name.
      problem.errors.forEach((error) => { error.pointer = error.pointer.replace('login', 'username'); });
      return showProblem(own, problem);
    },
  }, field(t('field.username'), accountInput('username'), t('hint.login')), passwordField('password', 'current-password'), code,
  buttons(t('do.sign_in'), t('do.register'), '#/register'),
  store.meta.mail && h('p', h('a', { href: '#/forgot' }, t('title.forgot'))));
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
    refused: showTaken,
  }, field(t('field.username'), accountInput('username')), field(t('field.email'), accountInput('email')),
  passwordField('password', 'new-password', t('hint.password')), buttons(t('do.register'), t('do.sign_in'), '#/'));
  return welcome(t('do.register'), element);
}
