// The keyboard: single keys for what is done most, and the list of them.

import { keysOn } from './device.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { openDialog, takeToast } from './ui.js';

const WORDS = {
  n: 'do.new_goal', '/': 'list.q', j: 'keys.next', k: 'keys.previous', Enter: 'keys.open',
  g: 'nav.all_goals', u: 'do.undo', Esc: 'do.close', '?': 'keys.title',
};

const help = () => openDialog(t('keys.title'), h('dl.keys', Object.entries(WORDS).map(([key, words]) => (
  h('div', h('dt', h('kbd', key)), h('dd', t(words)))))));

// From the card that holds the focus, or from before the first.
function move(step) {
  const cards = [...document.querySelectorAll('[data-goal]')];
  const at = cards.findIndex((card) => card.contains(document.activeElement)) + step;
  cards[Math.max(0, Math.min(at, cards.length - 1))]?.querySelector('a').focus();
}

const TYPING = 'input:not([type=checkbox], [type=radio]), select, textarea';

/** Listens for the keys; `newGoal` and `toGoals` are what `n` and `g` do. */
export function listenForKeys(newGoal, toGoals) {
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
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !run[key] || !keysOn()) return;
    if (target.closest(TYPING) || document.querySelector('dialog[open]') || !document.querySelector('[data-signed-in]')) return;
    event.preventDefault();
    run[key]();
  });
}
