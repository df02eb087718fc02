// One goal in full.

import { bar, emoji, facts, menu, offers, toneOf, valueWords } from './card.js';
import { button, glyph, h, keepingFocus } from './dom.js';
import { openGoalForm } from './form.js';
import { readOne, store, tick, timeZone, today } from './goals.js';
import { historySection } from './history.js';
import { day, moment, t } from './i18n.js';
import { logSection } from './log.js';

// After these a goal is no longer where the person came from.
const LEAVING = ['archive', 'delete', 'purge'];

// What has its own button after the first; the rest is in the menu.
const SHOWN = ['edit', 'achieved', 'archive', 'unarchive', 'delete', 'purge'];

const pairs = (kind, entries) => h('dl', { class: `pairs ${kind}` }, entries.filter(([, value]) => value)
  .map(([name, value]) => h('div', h('dt', name), h('dd', { dir: 'auto' }, value))));

// The steps, each with its box.
const checklist = (goal) => h('ul.steps.panel', { 'aria-label': t('kind.checklist') }, goal.measure.items.map((step) => (
  h('li', h('label.check', h('input', {
    type: 'checkbox', checked: Boolean(step.done_on), disabled: Boolean(goal.deleted_at), 'data-focus': `step:${step.id}`, onchange: () => tick(goal, step),
  }), h('span', { dir: 'auto' }, step.text))))));

/** The goal with this id; `toGoals` goes back to the list. */
export function detailView(id, toGoals) {
  const node = h('div.detail');
  const view = { node, update };
  const history = historySection(id);
  const log = logSection(id);
  let words = t('list.loading');
  let drawn;

  function update() {
    const goal = store.goals.get(id);
    view.title = goal?.title ?? words;
    if (drawn === (goal ?? words)) return;
    drawn = goal ?? words;
    if (goal) node.dataset.color = goal.color;
    const back = button([glyph('back'), t('nav.all_goals')], toGoals, { class: 'quiet to-list', 'data-focus': 'back' });
    keepingFocus(() => node.replaceChildren(back, ...(goal ? body(goal) : [h('h1', { tabindex: -1 }, words)])));
    if (goal) [history, log].forEach((section) => section.update(goal));
  }

  function body(goal) {
    const at = (name) => goal[name] && moment(goal[name], timeZone());
    const attributes = Object.entries(goal.attributes);
    return [
      h('div.title', emoji(goal), h('h1', { tabindex: -1, dir: 'auto' }, goal.title)),
      facts(goal),
      bar(goal) ?? '',
      h('div.buttons', buttons(goal)),
      goal.measure?.kind === 'checklist' ? checklist(goal) : '',
      log.node,
      h('p.description', { dir: 'auto' }, goal.description),
      attributes.length ? pairs('panel', attributes.map(([key, value]) => [key.replaceAll('_', ' '), valueWords(value)])) : '',
      pairs('quiet', [
        [t('field.start'), goal.start && day(goal.start, today())],
        [t('detail.closed'), at('closed_at')],
        [t('detail.created'), at('created_at')],
        [t('detail.updated'), goal.version > 1 && at('updated_at')],
      ]),
      history.node,
    ];
  }

  function buttons(goal) {
    const all = offers(goal).map(({ name, run }) => ({
      name,
      run: () => {
        run();
        if (LEAVING.includes(name)) toGoals();
      },
    }));
    if (!goal.deleted_at) all.splice(1, 0, { name: 'edit', run: () => openGoalForm(goal) });
    const isShown = ({ name }, index) => !index || SHOWN.includes(name);
    const hidden = all.filter((one, index) => !isShown(one, index));
    return [all.filter(isShown).map(({ name, run }, index) => button(t(`do.${name}`), run, {
      class: index ? toneOf(name) : 'primary', 'data-focus': index ? name : 'first',
    })), hidden.length ? menu(goal, hidden) : ''];
  }

  readOne(id).catch((problem) => { words = problem.words; }).then(() => {
    if (words === t('list.loading')) words = t('problem.not_found');
    update();
  });
  update();
  return view;
}
