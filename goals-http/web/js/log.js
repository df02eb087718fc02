// The check-ins of a goal: as a drawing, in a sentence, and as a table.

import { ask } from './api.js';
import { lineChart, pointsOf, yearChart } from './chart.js';
import { about, button, h, keepingFocus } from './dom.js';
import { deadlineDay, hasLog, timeZone, today, uncheck } from './goals.js';
import { bare, day, dayIn, plural, quantity, t } from './i18n.js';

const MOST = 5;
const ROWS = 50;

const said = (civil) => day(civil, today());

// All of them, the oldest first; of a very long log the newest thousand.
async function readAll(id) {
  const items = [];
  let cursor;
  for (let page = 0; page < MOST && (page === 0 || cursor); page += 1) {
    const read = await ask('GET', `goals/${id}/check-ins`, { query: { limit: 200, ...(cursor && { cursor }) } });
    items.push(...read.items);
    cursor = read.next_cursor;
  }
  return items.reverse();
}

function sentence({ measure }, pace) {
  const { required_rate: rate, next_safe_day: safe, forecast, streak } = pace;
  return [
    rate !== null && measure.kind === 'metric' && t('pace.rate', { amount: quantity(Number(rate.toPrecision(3)), measure.unit) }),
    safe && t('pace.safe', { when: said(safe) }),
    forecast && t('pace.forecast', { when: said(forecast.likely) }),
    streak && `${plural('pace.streak', streak.current)} ${plural('pace.longest', streak.longest)}`,
    // A date may end in a full stop of its own.
  ].filter(Boolean).join(' ').replaceAll('..', '.');
}

function drawing(goal, entries, width) {
  const { measure } = goal;
  if (measure.kind === 'habit') {
    const shares = new Map();
    entries.forEach(({ day: on, value }) => shares.set(on, (shares.get(on) ?? 0) + (value ?? 1) / (measure.amount || 1)));
    return yearChart({ width, today: today(), shares, words: plural('chart.year', shares.size) });
  }
  const points = pointsOf(goal, entries);
  const first = points[0]?.[0];
  const begun = goal.start ?? dayIn(goal.created_at, timeZone());
  const from = first < begun ? first : begun;
  const deadline = goal.deadline && deadlineDay(goal);
  const to = [deadline, today(), points.at(-1)?.[0]].filter(Boolean).sort().at(-1);
  const [now, whole] = [points.at(-1)?.[1] ?? measure.start, measure.target].map((value) => quantity(value, measure.unit));
  return lineChart({ width, measure, points, from, to, today: today(), deadline, label: said, words: t('chart.line', { now, whole, from: said(from), to: said(to) }) });
}

const table = (goal, entries) => h('table', h('thead', h('tr', ['day', 'value', 'note'].map((name) => h('th', { scope: 'col' }, t(`field.${name}`))), h('td'))),
  h('tbody', entries.slice(-ROWS).reverse().map(({ id, day: on, value, note }) => h('tr',
    h('th', { scope: 'row' }, said(on)), h('td', bare(value ?? 1, goal.measure.unit)), h('td', { dir: 'auto' }, note),
    h('td', button(about(t('do.delete'), said(on)), () => uncheck(goal, id), { class: 'quiet danger', 'data-focus': `entry:${id}` }))))));

/** What is known of the check-ins of the goal with this id; `update` follows the goal. */
export function logSection(id) {
  const picture = h('div');
  const words = h('p.lead', { role: 'status' });
  const rows = h('div.scroll', { tabindex: 0, role: 'group', 'aria-label': t('detail.check_ins') });
  const details = h('details', h('summary', { 'data-focus': 'log' }, t('detail.check_ins')), rows);
  const node = h('section.log', { hidden: true }, picture, words, details);
  let seen;
  let draw = () => {};
  new ResizeObserver(() => draw()).observe(picture);

  async function read(goal) {
    seen = goal.version;
    try {
      const [entries, pace] = await Promise.all([readAll(id), ask('GET', `goals/${id}/pace`)]);
      draw = () => picture.clientWidth && picture.replaceChildren(drawing(goal, entries, picture.clientWidth));
      node.hidden = false;
      details.hidden = !entries.length;
      words.textContent = sentence(goal, pace);
      keepingFocus(() => rows.replaceChildren(table(goal, entries)), () => 'log');
      draw();
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      words.textContent = problem.words;
    }
  }

  const update = (goal) => {
    if (!hasLog(goal)) node.hidden = true;
    else if (goal.version !== seen) read(goal);
  };
  return { node, update };
}
