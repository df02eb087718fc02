// What this device remembers of a person: `language` (the one spoken here last, or
// "system" to follow the browser; none when nobody was here), `theme` and `keys`.

import { bestLanguage, speak } from './i18n.js';

export const remembered = (name) => localStorage.getItem(`goals.${name}`);
export const remember = (name, value) => localStorage.setItem(`goals.${name}`, value);

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
