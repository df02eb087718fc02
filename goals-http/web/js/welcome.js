// Signing in, and creating an account.

import { ask } from './api.js';
import { button, h } from './dom.js';
import { currentLanguage, t } from './i18n.js';
import { accountInput, field, form, passwordField, showProblem, showTaken, typedIn } from './ui.js';

const welcome = (title, ...content) => ({
  title,
  node: h('div.welcome', h('h1', { tabindex: -1 }, title), h('p.lead', t('app.promise')), content),
});

async function signIn({ username, password }) {
  const { user } = await ask('POST', 'sessions', { body: { login: username, password, cookie: true } });
  return user;
}

const buttons = (main, other, href) => h('div.buttons',
  h('button.primary', main), button(other, () => { location.hash = href; }));

/** Where somebody else knows who people are: only the way there. */
export function elsewhereView(url, notice) {
  return welcome(t('do.sign_in'), notice && h('p.note', { role: 'status' }, notice),
    url ? h('a.button.primary', { href: url }, t('do.sign_in')) : h('p', t('welcome.elsewhere')));
}

/** The first thing a person sees. `entered` is told who came in; `notice` says why they are here. */
export function signInView(entered, notice) {
  const element = form({
    submit: async () => entered(await signIn(typedIn(element))),
    refused: (own, problem) => {
      // The API has one name for either; on the page it is the user name.
      problem.errors.forEach((error) => { error.pointer = error.pointer.replace('login', 'username'); });
      showProblem(own, problem);
    },
  }, field(t('field.username'), accountInput('username'), t('hint.login')), passwordField('password', 'current-password'),
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
    refused: showTaken,
  }, field(t('field.username'), accountInput('username')), field(t('field.email'), accountInput('email')),
  passwordField('password', 'new-password', t('hint.password')), buttons(t('do.register'), t('do.sign_in'), '#/'));
  return welcome(t('do.register'), element);
}
