// A goal as a card, and the pieces that the card and the full view share.

import { about, button, glyph, h, unseen } from './dom.js';
import { actions, daysLeft, deadlineDay, isClosed, isMoment, takesCheckIns, timeZone, today } from './goals.js';
import { bare, day, dayIn, daysAway, daysBetween, decimalSign, moment, percent, plural, quantity, t } from './i18n.js';

export const goalHref = (id) => `#/goals/${id}`;

const TONES = {
  achieved: 'good', missed: 'warn', delete: 'danger', purge: 'danger',
  done: 'good', ahead: 'good', at_risk: 'warn', off_track: 'bad', overdue: 'bad',
};
const GLYPHS = { achieved: 'check', check_in: 'plus', start: 'play', resume: 'play' };

export const toneOf = (name) => TONES[name] ?? '';

const badge = (words, tone = '') => h('span', { class: `badge ${tone}` }, words);

// How it goes. How far from the plan is said in days, where there is one.
function healthWords({ health, days_ahead: days }) {
  if (health === 'overdue') return days ? plural('overdue', -days) : t('overdue');
  const away = days > 0 ? plural('ahead', days) : days && plural('behind', -days);
  return health === 'off_track' && away ? `${t('health.off_track')} · ${away}` : away || t(`health.${health}`);
}

// How it stands, in words: never by colour alone.
function badges(goal) {
  return [
    goal.deleted_at && badge(t('status.deleted')),
    goal.archived_at && badge(t('status.archived')),
    goal.status === 'active' && goal.health !== 'unknown' && badge(healthWords(goal), toneOf(goal.health)),
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

/** How much of what is measured is there, in words. */
export function amountWords({ measure, current }) {
  if (measure.kind === 'checklist') return t('progress.checklist', { done: current, all: measure.items.length });
  const [now, whole] = [bare(current ?? measure.start ?? 0, measure.unit), quantity(measure.target ?? measure.amount, measure.unit)];
  return t(`progress.${measure.kind === 'habit' ? `${measure.bound}_${measure.per}` : 'metric'}`, { now, whole });
}

// Where the plan says that it should be by now: as far from where it is as the days say.
function planned(goal) {
  const from = goal.start ?? dayIn(goal.created_at, timeZone());
  const days = goal.deadline ? daysBetween(from, deadlineDay(goal)) + 1 : 0;
  if (goal.days_ahead === null || goal.health === 'overdue' || days < 1 || isClosed(goal)) return null;
  return Math.min(1, Math.max(0, goal.progress - goal.days_ahead / days));
}

/** The bar of a goal that is measured, with a tick where the plan is. */
export function bar(goal) {
  if (!goal.measure || goal.measure.kind === 'binary') return null;
  const tick = planned(goal);
  const track = h('div.track', { 'aria-hidden': 'true' }, h('div.done'), tick !== null && h('div.tick'));
  track.style.setProperty('--done', goal.progress);
  track.style.setProperty('--tick', tick);
  return h('div.bar', track, h('span.amount', `${percent(goal.progress)} · ${amountWords(goal)}`));
}

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
  const list = h('div.menu', { popover: 'auto', id }, items.map(({ name, run, narrow }) => (
    button(named(name, goal), choose(run), { class: `quiet ${toneOf(name)} ${narrow ? 'narrow' : ''}` }))));
  return [more, list];
}

/** What can be done with a goal on the page: a check-in goes before everything else. */
export const offers = (goal) => [
  ...(takesCheckIns(goal) ? [{ name: 'check_in', run: async () => (await import('./checkin.js')).openCheckIn(goal) }] : []),
  ...actions(goal),
];

export function card(goal, edit) {
  const all = offers(goal);
  const shown = all.splice(0, takesCheckIns(goal) ? 2 : 1);
  // Where there is room for one alone, the other is in the menu.
  const rest = [...shown.slice(1).map((one) => ({ ...one, narrow: true })), ...all];
  if (!goal.deleted_at) rest.unshift({ name: 'edit', run: () => edit(goal) });
  return h('li', { class: `card ${isClosed(goal) ? 'closed' : ''}`, 'data-goal': goal.id, 'data-color': goal.color },
    emoji(goal),
    h('div.what',
      h('h2', h('a', { href: goalHref(goal.id), dir: 'auto', 'data-focus': `open:${goal.id}` }, goal.title)),
      facts(goal), bar(goal)),
    h('div.acts',
      shown.map(({ name, run }, at) => button([glyph(GLYPHS[name] ?? 'return'), named(name, goal)], run, {
        class: at ? 'first wide' : 'first', 'data-focus': `${at ? 'second' : 'first'}:${goal.id}`,
      })),
      menu(goal, rest)));
}
