// My goals: search, filters, order, and the cards.

import { card } from './card.js';
import { glyph, h, keepingFocus } from './dom.js';
import { openGoalForm } from './form.js';
import { collectionOf, isClosed, matches, ORDERS, read, store } from './goals.js';
import { byText, plural, t } from './i18n.js';
import { select } from './ui.js';

const AT_ONCE = 100;
const DEFAULTS = { show: 'open', tag: '', sort: 'urgency', q: '' };

const collectionFor = (show) => (show === 'archived' || show === 'trash' ? show : 'current');

const inShow = (show) => {
  if (show === 'open') return (goal) => !isClosed(goal.status);
  if (store.meta.statuses.some(({ status }) => status === show)) return (goal) => goal.status === show;
  return () => true;
};

/** The list as `params` (of the address) ask for it. */
export function listView(params) {
  const wanted = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, params.get(name) ?? DEFAULTS[name]]));
  const shows = ['open', ...store.meta.statuses.map(({ status }) => status), 'all', 'archived', 'trash'];
  if (!shows.includes(wanted.show)) wanted.show = DEFAULTS.show;
  if (!(wanted.sort in ORDERS)) wanted.sort = DEFAULTS.sort;

  let limit = AT_ONCE;
  let problem = null;
  let loaded = null;
  const cards = new Map();

  const newGoal = () => openGoalForm();
  const choose = (name) => (event) => set({ [name]: event.target.value });
  const search = h('input', {
    type: 'search', 'aria-label': t('list.search'), placeholder: t('list.search'), value: wanted.q,
    autocomplete: 'off', enterkeyhint: 'search', oninput: choose('q'),
    onkeydown: (event) => event.key === 'Escape' && set({ q: '' }),
  });
  const show = select({ 'aria-label': t('list.show'), onchange: choose('show') },
    shows.map((name) => [name, t(`show.${name}`)]));
  const tag = h('select', { 'aria-label': t('list.tag'), onchange: choose('tag') });
  const sort = select({ 'aria-label': t('list.sort'), onchange: choose('sort') },
    Object.keys(ORDERS).map((name) => [name, t(`sort.${name}`)]));
  const result = h('span', { role: 'status' });
  const clear = h('button', { type: 'button', class: 'link', onclick: reset }, t('do.clear'));
  const list = h('ul', { class: 'cards' });
  const below = h('div', { class: 'below' });
  const tools = h('div', { class: 'tools', role: 'search' },
    search, h('div', { class: 'filters' }, show, tag, sort), h('p', { class: 'result' }, result, clear));

  function set(change) {
    Object.assign(wanted, change);
    limit = AT_ONCE;
    const query = new URLSearchParams(Object.entries(wanted).filter(([name, value]) => value !== DEFAULTS[name]));
    history.replaceState(null, '', `#/${query.size ? `?${query}` : ''}`);
    load();
    update();
  }

  function reset() {
    set(DEFAULTS);
    search.focus();
  }

  // The archive and the trash are read anew whenever a person turns to them.
  async function load() {
    const collection = collectionFor(wanted.show);
    if (collection === loaded) return;
    loaded = collection;
    problem = null;
    try {
      if (collection !== 'current' || !store.read.has(collection)) await read(collection);
    } catch (failure) {
      loaded = null;
      problem = failure;
      update();
    }
  }

  function update() {
    const all = [...store.goals.values()].filter((goal) => collectionOf(goal) === collectionFor(wanted.show));
    fillTags(all);
    const fits = (goal) => (!wanted.tag || goal.tags.includes(wanted.tag)) && (!wanted.q.trim() || matches(goal, wanted.q.trim()));
    const found = all.filter(fits);
    const goals = found.filter(inShow(wanted.show)).sort(ORDERS[wanted.sort]);
    search.value = wanted.q;
    Object.entries({ show, tag, sort }).forEach(([name, control]) => { control.value = wanted[name]; });
    drawCards(goals.slice(0, limit));
    drawResult(goals.length, all.length);
    tools.hidden = store.read.has('current') && !store.goals.size && !store.limits?.goals.used;
    below.replaceChildren(...beneath(goals.length, found.length));
  }

  function fillTags(goals) {
    const names = [...new Set(goals.flatMap((goal) => goal.tags))].sort(byText);
    if (wanted.tag && !names.includes(wanted.tag)) names.push(wanted.tag);
    const options = [['', t('list.every_tag')], ...names.map((name) => [name, name])];
    if (String(options) === String([...tag.options].map(({ value, text }) => [value, text]))) return;
    tag.replaceChildren(...options.map(([value, words]) => h('option', { value }, words)));
  }

  // Only what changed is touched: the place on the page and the focus stay.
  function drawCards(goals) {
    const at = [...list.children].findIndex((item) => item.contains(document.activeElement));
    keepingFocus(() => {
      goals.forEach((goal, index) => {
        if (cards.get(goal.id)?.goal !== goal) cards.set(goal.id, { goal, node: card(goal, { edit: openGoalForm }) });
        const { node } = cards.get(goal.id);
        if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
      });
      while (list.children.length > goals.length) list.lastChild.remove();
    }, () => (list.children[at] ?? list.lastElementChild)?.querySelector('h2 a'));
  }

  function drawResult(shown, total) {
    const narrowed = wanted.q.trim() || wanted.tag || wanted.show !== DEFAULTS.show;
    const hidden = total - shown;
    const words = narrowed && hidden
      ? [t('list.of', { shown, total }), plural('list.hidden', hidden)]
      : [plural('list.count', shown), limits()];
    const text = words.filter(Boolean).join(' · ');
    if (result.textContent !== text) result.textContent = text;
    clear.hidden = !(narrowed && hidden);
  }

  function limits() {
    const { max, used } = store.limits?.goals ?? {};
    return max && t('list.limit', { used, max });
  }

  function beneath(shown, found) {
    if (problem) return [note(problem.words, h('button', { type: 'button', onclick: () => set({}) }, t('do.retry')))];
    if (!store.read.has(collectionFor(wanted.show))) return [h('p', { class: 'waiting' }, t('list.loading'))];
    if (shown > limit) return [h('button', { type: 'button', onclick: showMore }, t('list.more'))];
    if (shown) return [];
    if (tools.hidden) return first();
    const elsewhere = found > 0 && h('button', { type: 'button', onclick: () => set({ show: 'all' }) }, plural('list.elsewhere', found));
    const key = wanted.q.trim() || wanted.tag ? 'empty.search' : `empty.${wanted.show}`;
    return [note(t(key), elsewhere)];
  }

  function showMore() {
    limit += AT_ONCE;
    const next = list.children.length;
    update();
    list.children[next]?.querySelector('h2 a').focus();
  }

  const note = (words, button) => h('div', { class: 'empty' }, h('p', null, words), button);
  const first = () => [h('div', { class: 'empty first' }, h('p', null, t('empty.first')),
    h('button', { type: 'button', class: 'primary', onclick: newGoal }, t('do.first_goal')))];

  load();
  update();
  return {
    title: t('title.goals'),
    update,
    /** Whether the list as it is now would show this goal. */
    shows: (goal) => cards.has(goal.id) && cards.get(goal.id).node.isConnected,
    node: h('div', null,
      h('div', { class: 'head' },
        h('h1', { tabindex: -1 }, t('title.goals')),
        h('button', { type: 'button', class: 'primary', 'data-focus': 'new', onclick: newGoal }, glyph('plus'), t('do.new_goal'))),
      tools, list, below),
  };
}
