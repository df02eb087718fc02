// A goal as a card, and the pieces that the card and the full view share.

import { glyph, h, unseen } from './dom.js';
import { actions, daysLeft, deadlineDay, isClosed, timeZone, today } from './goals.js';
import { day, dayIn, daysAway, moment, plural, t } from './i18n.js';
import { openMenu } from './ui.js';

export const goalHref = (goal) => `#/goals/${encodeURIComponent(goal.id)}`;

const TONES = { achieved: 'good', missed: 'warn' };

const badge = (words, tone = '') => h('span', { class: `badge ${tone}` }, words);

/** How it stands, in words: never by colour alone. */
export function badges(goal, { always = false } = {}) {
  const overdue = goal.health === 'overdue';
  return [
    goal.deleted_at && badge(t('status.deleted')),
    goal.archived_at && badge(t('status.archived')),
    overdue && badge(goal.days_ahead ? plural('overdue', -goal.days_ahead) : t('overdue'), 'bad'),
    (goal.status !== 'active' || (always && !overdue))
      && badge(t(`status.${goal.status}`), TONES[goal.status]),
  ];
}

/** The deadline and how far away it is; for a closed goal, when it was closed. */
export function when(goal) {
  if (isClosed(goal.status)) {
    return goal.closed_at && h('time', { datetime: goal.closed_at }, day(dayIn(Date.parse(goal.closed_at), timeZone()), today()));
  }
  if (!goal.deadline) return null;
  return h('span', { class: 'when' },
    h('time', { datetime: goal.deadline }, deadlineWords(goal)),
    h('span', { class: 'away' }, ` · ${daysAway(daysLeft(goal))}`));
}

/** The deadline itself; an instant has its time of day. */
export const deadlineWords = (goal) => (
  goal.deadline.length > 10 ? moment(goal.deadline, timeZone()) : day(deadlineDay(goal), today())
);

export const priority = (goal) => goal.priority !== 'none'
  && h('span', { class: `priority ${goal.priority}` }, t(`priority.${goal.priority}`));

export const tags = (goal) => goal.tags.map((tag) => h('span', { class: 'tag' }, `#${tag}`));

const GLYPHS = { achieved: 'check', start: 'play', resume: 'play' };
const TONE_OF = { delete: 'danger', purge: 'danger' };

/** The words of something to do; seen without, heard with the goal it is done to. */
const named = (name, goal) => [
  h('span', { class: 'words', 'aria-hidden': 'true' }, t(`do.${name}`)),
  unseen(t('do.named', { what: t(`do.${name}`), title: goal.title })),
];

export function card(goal, { edit }) {
  const [first, ...rest] = actions(goal);
  const editing = { name: 'edit', run: () => edit(goal) };
  const items = (goal.deleted_at ? rest : [editing, ...rest])
    .map(({ name, run }) => ({ run, words: named(name, goal), tone: TONE_OF[name] }));
  const more = h('button', {
    type: 'button', class: 'quiet icon', 'aria-expanded': 'false', 'data-focus': `more:${goal.id}`,
    onclick: () => openMenu(more, items),
  }, glyph('more'), unseen(t('do.named', { what: t('do.more'), title: goal.title })));
  return h('li', { class: `card ${isClosed(goal.status) ? 'closed' : ''}`, 'data-goal': goal.id, 'data-color': goal.color },
    goal.icon && h('span', { class: 'emoji', 'aria-hidden': 'true' }, goal.icon),
    h('div', { class: 'what' },
      h('h2', null, h('a', { href: goalHref(goal), dir: 'auto', 'data-focus': `open:${goal.id}` }, goal.title)),
      h('p', { class: 'facts' }, badges(goal), when(goal), priority(goal), tags(goal))),
    h('div', { class: 'acts' },
      h('button', { type: 'button', class: 'first', 'data-focus': `first:${goal.id}`, onclick: first.run },
        glyph(GLYPHS[first.name] ?? 'return'), named(first.name, goal)),
      more));
}
