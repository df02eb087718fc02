// My goals: search, filters, order, and the cards.

import { card } from './card.js';
import { button, glyph, h, keepingFocus } from './dom.js';
import { openGoalForm } from './form.js';
import { collectionOf, isClosed, matches, ORDERS, read, store } from './goals.js';
import { byText, plural, t } from './i18n.js';
import { select } from './ui.js';

const AT_ONCE = 100;
const DEFAULTS = { q: '', show: 'open', tag: '', sort: 'urgency' };

/** The list as `params` (of the address) ask for it. */
export function listView(params) {
  const shows = ['open', ...store.meta.statuses.map(({ status }) => status), 'all', 'archived', 'trash'];
  const wanted = { ...DEFAULTS, ...Object.fromEntries(params) };
  if (!shows.includes(wanted.show)) wanted.show = DEFAULTS.show;
  if (!ORDERS[wanted.sort]) wanted.sort = DEFAULTS.sort;
  let limit = AT_ONCE;
  let loaded;
  let problem;
  const cards = new Map();

  const controls = {
    q: h('input', {
      type: 'search', placeholder: t('list.q'), autocomplete: 'off', onkeydown: ({ key }) => key === 'Escape' && set({ q: '' }),
    }),
    show: select({}, shows.map((name) => [name, t(`show.${name}`)])),
    tag: select({}, []),
    sort: select({}, Object.keys(ORDERS).map((name) => [name, t(`sort.${name}`)])),
  };
  for (const [name, control] of Object.entries(controls)) {
    control.setAttribute('aria-label', t(`list.${name}`));
    control.addEventListener('input', () => set({ [name]: control.value }));
  }
  const { q, ...filters } = controls;
  const result = h('span', { role: 'status' });
  const clear = button(t('do.clear'), () => {
    set(DEFAULTS);
    q.focus();
  }, { class: 'link' });
  const tools = h('div.tools', { role: 'search' },
    q, h('div.filters', Object.values(filters)), h('p.result', result, clear));
  const list = h('ul.cards');
  const below = h('div.below');

  function set(change) {
    Object.assign(wanted, change);
    limit = AT_ONCE;
    const query = new URLSearchParams(Object.entries(wanted).filter(([name, value]) => value !== DEFAULTS[name]));
    history.replaceState(null, '', query.size ? `#/?${query}` : '#/');
    load();
    update();
  }

  const collection = () => (['archived', 'trash'].includes(wanted.show) ? wanted.show : 'current');

  // The archive and the trash are read anew whenever a person turns to them.
  async function load() {
    const turned = loaded !== collection();
    loaded = collection();
    if (!turned || (loaded === 'current' && store.read.has(loaded))) return;
    problem = null;
    await read(loaded).catch((failure) => {
      [problem, loaded] = [failure, null];
      update();
    });
  }

  const isShown = ({ status }) => (wanted.show === 'open' ? !isClosed({ status })
    : wanted.show === status || ['all', 'archived', 'trash'].includes(wanted.show));

  function update() {
    const words = wanted.q.trim();
    const all = [...store.goals.values()].filter((goal) => collectionOf(goal) === collection());
    const found = all.filter((goal) => (!wanted.tag || goal.tags.includes(wanted.tag)) && (!words || matches(goal, words)));
    const goals = found.filter(isShown).sort(ORDERS[wanted.sort]);
    const hidden = words || wanted.tag || wanted.show !== DEFAULTS.show ? all.length - goals.length : 0;
    const used = store.limits?.goals;
    const tags = [...new Set(['', wanted.tag, ...all.flatMap((goal) => goal.tags)])].sort(byText);
    controls.tag.replaceChildren(...tags.map((tag) => h('option', { value: tag }, tag || t('list.every_tag'))));
    Object.entries(controls).forEach(([name, control]) => { control.value = wanted[name]; });
    drawCards(goals.slice(0, limit));
    tools.hidden = store.read.has('current') && !store.goals.size && !used?.used;
    result.textContent = hidden
      ? `${t('list.of', { shown: goals.length, total: all.length })} · ${plural('list.hidden', hidden)}`
      : `${plural('list.count', goals.length)}${used ? ` · ${t('list.limit', used)}` : ''}`;
    clear.hidden = !hidden;
    below.replaceChildren(...beneath(goals.length, found.length));
  }

  // Only what changed is touched: the place on the page and the focus stay.
  function drawCards(goals) {
    const at = [...list.children].findIndex((item) => item.contains(document.activeElement));
    keepingFocus(() => {
      goals.forEach((goal, index) => {
        if (cards.get(goal.id)?.goal !== goal) cards.set(goal.id, { goal, node: card(goal, openGoalForm) });
        const { node } = cards.get(goal.id);
        if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
      });
      while (list.children.length > goals.length) list.lastChild.remove();
    }, () => {
      const next = list.children[at] ?? list.lastChild;
      return next && `open:${next.dataset.goal}`;
    });
  }

  function beneath(shown, found) {
    const empty = (words, ...more) => [h('div.empty', h('p', words), more)];
    if (problem) return empty(problem.words, button(t('do.retry'), () => set({})));
    if (!store.read.has(collection())) return [h('p.waiting', t('list.loading'))];
    if (shown > limit) return [button(t('list.more'), showMore)];
    if (shown) return [];
    if (tools.hidden) return empty(t('empty.first'), button(t('do.first_goal'), () => openGoalForm(), { class: 'primary' }));
    if (found) return empty(t('empty.open'), button(plural('list.elsewhere', found), () => set({ show: 'all' })));
    if (wanted.q.trim() || wanted.tag) return empty(t('empty.match'));
    return empty(t(wanted.show === 'trash' ? 'empty.trash' : 'empty.none'));
  }

  function showMore() {
    const first = list.children.length;
    limit += AT_ONCE;
    update();
    list.children[first].querySelector('a').focus();
  }

  load();
  update();
  return {
    title: t('title.goals'),
    update,
    node: h('div', null,
      h('div.head', h('h1', { tabindex: -1 }, t('title.goals')),
        button([glyph('plus'), t('do.new_goal')], () => openGoalForm(), { class: 'primary', 'data-focus': 'new' })),
      tools, list, below),
  };
}
