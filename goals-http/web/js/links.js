// The links of letters: to another password, and to confirm an address.

import { ask } from './api.js';
import { h } from './dom.js';
import { store } from './goals.js';
import { t } from './i18n.js';
import { accountInput, field, form, passwordField, toast, typedIn } from './ui.js';
import { buttons, welcome } from './welcome.js';

/** Where whoever has forgotten their password asks for a link. */
export function forgotView() {
  const element = form({
    submit: async () => {
      await ask('POST', 'password-resets', { body: typedIn(element) });
      // The same words whether there is such an account or not.
      element.replaceChildren(h('p.note', { role: 'status' }, t('said.link_sent')));
    },
  }, field(t('field.email'), accountInput('email'), t('hint.forgot')), buttons(t('do.send_link'), t('do.sign_in'), '#/'));
  return welcome(t('title.forgot'), element);
}

/** Where the link to another password leads. `used` is told what to say at the sign-in that follows. */
export function resetView(token, used) {
  const element = form({
    submit: async () => {
      await ask('PUT', `password-resets/${token}`, { body: typedIn(element) });
      await used(t('said.reset'));
    },
  }, passwordField('new_password', 'new-password', t('hint.password')), buttons(t('do.save'), t('do.cancel'), '#/'));
  return welcome(t('title.reset'), element);
}

/** Where the link that confirms an address leads: a press, for programs that read mail follow links. */
export function verifyView(token) {
  const element = form({
    submit: async () => {
      await ask('PUT', `email-verifications/${token}`);
      if (store.user) Object.assign(store.user, (await ask('GET', 'session')).user);
      location.hash = '#/';
      toast(t('said.verified'));
    },
  }, buttons(t('do.confirm'), t('do.cancel'), '#/'));
  return welcome(t('title.verify'), element);
}
