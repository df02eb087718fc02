// What became of a goal, field by field, each change with a way back.

import { ask } from './api.js';
import { valueWords } from './card.js';
import { about, button, h, keepingFocus } from './dom.js';
import { store, takeBack, timeZone, today } from './goals.js';
import { day, moment, t } from './i18n.js';

// What follows from another field, or is too long to be said in a line.
const SILENT = ['closed_at'];
const LONG = ['description', 'attributes', 'measure'];

const CHOICES = { status: (of) => t(`status.${of}`), priority: (of) => t(`priority.${of}`), color: (of) => t(`color.${of}`) };

function words(name, value) {
  if (value === null || value === '' || value.length === 0) return '–';
  if (CHOICES[name]) return CHOICES[name](value);
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return day(value, today());
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return moment(value, timeZone());
  const text = typeof value === 'object' && !Array.isArray(value) ? JSON.stringify(value) : [value].flat().map(valueWords).join(', ');
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

// A change in words, and what it is a change of.
function changeWords(name, { from, to }) {
  if (name === 'archived_at') return t(to ? 'status.archived' : 'history.unarchived');
  if (name === 'deleted_at') return t(to ? 'status.deleted' : 'history.restored');
  const field = t(`field.${name}`);
  return LONG.includes(name) ? t('history.changed', { field }) : t('history.field', { field, from: words(name, from), to: words(name, to) });
}

function row(id, { kind, at, version, changes }) {
  const said = kind === 'goal_created' ? [t('detail.created')]
    : Object.entries(changes).filter(([name]) => !SILENT.includes(name)).map(([name, change]) => changeWords(name, change));
  if (kind === 'goal_undone') said.unshift(t('history.undone'));
  return h('li', h('div', said.map((line) => h('p', { dir: 'auto' }, line)),
    h('p.hint', h('time', { datetime: at }, moment(at, timeZone())))),
  kind !== 'goal_created' && version && button(about(t('do.undo'), said.at(-1)), () => takeBack(store.goals.get(id), version), { 'data-focus': `undo:${version}` }));
}

/** The history of the goal with this id, read when it is unfolded; `update` follows the goal. */
export function historySection(id) {
  const list = h('ol.rows');
  const more = button(t('list.more'), () => read(cursor), { hidden: true });
  let cursor;
  let seen;

  async function read(from) {
    seen = store.goals.get(id)?.version;
    try {
      const page = await ask('GET', `goals/${encodeURIComponent(id)}/history`, { query: from && { cursor: from } });
      const rows = page.items.map((item) => row(id, item));
      keepingFocus(() => (from ? list.append(...rows) : list.replaceChildren(...rows)), () => 'history');
      cursor = page.next_cursor;
      more.hidden = !cursor;
    } catch (problem) {
      list.replaceChildren(h('li', problem.words));
    }
  }

  const node = h('details', { ontoggle: () => node.open && read() }, h('summary', { 'data-focus': 'history' }, t('detail.history')), list, more);
  return { node, update: ({ version }) => node.open && version !== seen && read() };
}
