// A goal as a card, and the pieces that the card and the full view share.

import { about, button, glyph, h, unseen } from './dom.js';
import { actions, daysLeft, deadlineDay, isClosed, isMoment, timeZone, today } from './goals.js';
import { day, dayIn, daysAway, decimalSign, moment, plural, t } from './i18n.js';

export const goalHref = (id) => `#/goals/${id}`;

const TONES = { achieved: 'good', missed: 'warn', delete: 'danger', purge: 'danger' };
const GLYPHS = { achieved: 'check', start: 'play', resume: 'play' };

export const toneOf = (name) => TONES[name] ?? '';

const badge = (words, tone = '') => h('span', { class: `badge ${tone}` }, words);

// How it stands, in words: never by colour alone.
function badges(goal) {
  const overdue = goal.health === 'overdue';
  return [
    goal.deleted_at && badge(t('status.deleted')),
    goal.archived_at && badge(t('status.archived')),
    overdue && badge(goal.days_ahead ? plural('overdue', -goal.days_ahead) : t('overdue'), 'bad'),
    goal.status !== 'active' && badge(t(`status.${goal.status}`), toneOf(goal.status)),
  ];
}

// The deadline and how far away it is; for a closed goal, when it was closed.
function when(goal) {
  if (isClosed(goal)) return h('time', { datetime: goal.closed_at }, day(dayIn(goal.closed_at, timeZone()), today()));
  const words = isMoment(goal) ? moment(goal.deadline, timeZone()) : day(goal.deadline, today());
  return h('span.when', h('time', { datetime: goal.deadline }, words),
    h('span.away', ` · ${daysAway(daysLeft(goal))}`));
}

/** The line below the title. */
export const facts = (goal) => h('p.facts', badges(goal), deadlineDay(goal) && when(goal),
  goal.priority !== 'none' && h('span', { class: goal.priority }, t(`priority.${goal.priority}`)),
  goal.tags.map((tag) => h('span.tag', `#${tag}`)));

/** An own field in words. A number is not grouped: it may be a year. */
export function valueWords(value) {
  if (typeof value === 'boolean') return t(value ? 'word.yes' : 'word.no');
  return typeof value === 'number' ? String(value).replace('.', decimalSign()) : [value].flat().join('\n');
}

export const emoji = ({ icon }) => icon && h('span.emoji', { 'aria-hidden': 'true' }, icon);

const named = (name, { title }) => about(t(`do.${name}`), title);

/** A button that opens a menu of `items`, each `{name, run}`, for a goal. */
export function menu(goal, items) {
  const id = `menu-${goal.id}`;
  const more = h('button', { type: 'button', class: 'icon', popovertarget: id, 'data-focus': id },
    glyph('more'), unseen(`${t('do.more')}: ${goal.title}`));
  // Whatever comes next begins, and ends, at the button that opened the menu.
  const choose = (run) => () => {
    list.hidePopover();
    more.focus();
    run();
  };
  const list = h('div.menu', { popover: 'auto', id }, items.map(({ name, run }) => (
    button(named(name, goal), choose(run), { class: `quiet ${toneOf(name)}` }))));
  return [more, list];
}

export function card(goal, edit) {
  const [first, ...rest] = actions(goal);
  if (!goal.deleted_at) rest.unshift({ name: 'edit', run: () => edit(goal) });
  return h('li', { class: `card ${isClosed(goal) ? 'closed' : ''}`, 'data-goal': goal.id, 'data-color': goal.color },
    emoji(goal),
    h('div.what',
      h('h2', h('a', { href: goalHref(goal.id), dir: 'auto', 'data-focus': `open:${goal.id}` }, goal.title)),
      facts(goal)),
    h('div.acts',
      button([glyph(GLYPHS[first.name] ?? 'return'), named(first.name, goal)], first.run, { class: 'first', 'data-focus': `first:${goal.id}` }),
      menu(goal, rest)));
}
