// The keyboard: single keys for what is done most, and the list of them.

import { keysOn } from './account.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { openDialog, takeToast } from './ui.js';

const KEYS = ['n', '/', 'j', 'k', 'Enter', 'g', 'u', 'Esc', '?'];

const links = () => [...document.querySelectorAll('[data-goal] h2 a')];

// From the card that holds the focus, or from before the first.
function move(step) {
  const all = links();
  const at = all.findIndex((link) => link.closest('[data-goal]').contains(document.activeElement));
  const next = all[Math.max(0, Math.min(all.length - 1, at + step))];
  next?.focus();
  next?.closest('[data-goal]').scrollIntoView({ block: 'nearest' });
}

function help() {
  openDialog(t('keys.title'), h('dl', { class: 'keys' }, KEYS.map((key) => (
    h('div', null, h('dt', null, h('kbd', null, key)), h('dd', null, t(`keys.${key}`)))))));
}

const typing = (element) => element.closest('input:not([type=checkbox], [type=radio]), select, textarea');

/** Listens for the keys; `newGoal` and `toGoals` are what `n` and `g` do. */
export function listenForKeys({ newGoal, toGoals }) {
  const run = {
    n: newGoal,
    g: toGoals,
    j: () => move(1),
    k: () => move(-1),
    u: takeToast,
    '?': help,
    '/': () => document.querySelector('[type=search]')?.focus(),
  };
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!keysOn() || typing(event.target) || document.querySelector('dialog[open]')) return;
    if (!run[event.key] || !document.querySelector('[data-signed-in]')) return;
    event.preventDefault();
    run[event.key]();
  });
}
