// One goal in full.

import { badges, priority, tags, when } from './card.js';
import { glyph, h, keepingFocus } from './dom.js';
import { openGoalForm } from './form.js';
import { actions, readOne, store, timeZone, today } from './goals.js';
import { day, moment, number, t } from './i18n.js';
import { sayProblem } from './ui.js';

// After these a goal is no longer where the person came from.
const LEAVING = ['archive', 'delete', 'purge'];

const attributeWords = (value) => {
  if (typeof value === 'boolean') return t(value ? 'word.yes' : 'word.no');
  if (typeof value === 'number') return number(value);
  return Array.isArray(value) ? h('ul', null, value.map((one) => h('li', { dir: 'auto' }, one))) : value;
};

const pair = (name, value) => h('div', null, h('dt', null, name), h('dd', { dir: 'auto' }, value));

/** The goal with this id; `toGoals` goes back to the list. */
export function detailView(id, { toGoals }) {
  const node = h('div', { class: 'detail' });
  const view = { title: '', node, update };
  let drawn;
  let problem;

  function update() {
    const goal = store.goals.get(id) ?? problem;
    if (goal === drawn && drawn) return;
    drawn = goal;
    view.title = goal?.title ?? t(goal ? 'title.unreachable' : 'list.loading');
    keepingFocus(() => node.replaceChildren(
      h('a', { class: 'back', href: '#/', 'data-focus': 'back', onclick: back }, glyph('back'), t('nav.all_goals')),
      ...(goal?.id ? body(goal) : [h('h1', { tabindex: -1 }, view.title), goal && h('p', null, goal.words)].filter(Boolean)),
    ));
  }

  function back(event) {
    event.preventDefault();
    toGoals();
  }

  function body(goal) {
    const attributes = Object.entries(goal.attributes);
    return [
      h('div', { class: 'title', 'data-color': goal.color },
        goal.icon && h('span', { class: 'emoji', 'aria-hidden': 'true' }, goal.icon),
        h('h1', { tabindex: -1, dir: 'auto' }, goal.title)),
      h('p', { class: 'facts' }, badges(goal, { always: true }), when(goal), priority(goal), tags(goal)),
      h('div', { class: 'buttons' }, buttons(goal)),
      goal.description && h('p', { class: 'description', dir: 'auto' }, goal.description),
      attributes.length > 0 && h('dl', { class: 'panel pairs' }, attributes.map(([key, value]) => (
        pair(key.replaceAll('_', ' '), attributeWords(value))))),
      h('dl', { class: 'pairs quiet' },
        goal.start && pair(t('field.start'), day(goal.start, today())),
        goal.closed_at && pair(t('detail.closed'), moment(goal.closed_at, timeZone())),
        pair(t('detail.created'), moment(goal.created_at, timeZone())),
        goal.version > 1 && pair(t('detail.updated'), moment(goal.updated_at, timeZone()))),
    ].filter(Boolean);
  }

  function buttons(goal) {
    const made = actions(goal).map(({ name, run }, index) => h('button', {
      type: 'button',
      class: { delete: 'danger', purge: 'danger' }[name] ?? (index === 0 ? 'primary' : ''),
      'data-focus': `do:${index}`,
      onclick: () => {
        run();
        if (LEAVING.includes(name)) toGoals();
      },
    }, name === 'achieved' && glyph('check'), t(`do.${name}`)));
    const edit = h('button', { type: 'button', 'data-focus': 'edit', onclick: () => openGoalForm(goal) }, t('do.edit'));
    return goal.deleted_at ? made : [made[0], edit, ...made.slice(1)];
  }

  readOne(id).catch((failure) => {
    if (store.goals.has(id)) sayProblem(failure);
    else {
      problem = failure;
      update();
    }
  }).then(() => {
    if (!store.goals.has(id) && !problem) problem = { words: t('problem.not_found') };
    update();
  });
  update();
  return view;
}
