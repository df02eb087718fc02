// Creating and editing a goal: a title is enough, the rest is folded away.

import { Problem } from './api.js';
import { goalHref, valueWords } from './card.js';
import { button, glyph, h, unseen } from './dom.js';
import { create, deadlineDay, readOne, save, store } from './goals.js';
import { decimalSign, folded, t } from './i18n.js';
import { isOfMeasure, measureFields, measureLabel, measureOf, measureWords, typedMeasure } from './measure.js';
import { closeButton, field, form, group, openDialog, select, showProblem, tellForm, toast } from './ui.js';

const ICONS = { sport: '🏃', reading: '📚', work: '💼', money: '💰', home: '🏠', travel: '✈️', music: '🎸' };

// ---- What is typed, and what it means on the wire ----

const split = (text, by) => text.split(by).map((part) => part.trim()).filter(Boolean);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
// What of `typed` differs from `before`.
const differing = (typed, before) => Object.keys(typed).filter((name) => !same(typed[name], before[name]));

// Each field as the text in its control.
const typedOf = (goal) => ({
  title: goal?.title ?? '',
  description: goal?.description.replace(/\r\n?/g, '\n') ?? '',
  start: goal?.start ?? '',
  deadline: (goal && deadlineDay(goal)) ?? '',
  priority: goal?.priority ?? store.meta.priorities[0],
  color: goal?.color ?? '',
  icon: goal?.icon ?? '',
  tags: goal?.tags.join(', ') ?? '',
  attributes: Object.entries(goal?.attributes ?? {}).map(([key, value]) => [key, valueWords(value)]),
  ...typedMeasure(goal?.measure),
});

// A name as the API takes it: "Preço alvo" becomes "preco_alvo".
const keyOf = (text) => folded(text).replace(/[^a-z0-9]+/g, '_').replace(/^[_\d]+|_+$/g, '');

// Several lines are a list; one line is yes, no, a number or a text.
function meaning(text, before) {
  // What was not touched goes back exactly as it came.
  if (before !== undefined && text === valueWords(before)) return before;
  const lines = split(text, '\n');
  if (lines.length > 1 || Array.isArray(before)) return lines;
  const line = lines[0] ?? '';
  if (line === t('word.yes') || line === t('word.no')) return line === t('word.yes');
  const plain = line.replace(decimalSign(), '.');
  return line && String(Number(plain)) === plain ? Number(plain) : line;
}

// A merge patch keeps what it does not name: a field that is gone must be named.
function ownFields(rows, before = {}) {
  const keys = rows.map(([key]) => key);
  const errors = [
    ...keys.filter((key) => !key).map(() => ({ pointer: '/attributes/', code: 'required' })),
    ...keys.filter((key, index) => key && keys.indexOf(key) < index).map((key) => ({ pointer: `/attributes/${key}`, code: 'duplicate' })),
  ];
  if (errors.length) throw new Problem(422, { errors });
  const gone = Object.keys(before).map((key) => [key, null]);
  return Object.fromEntries([...gone, ...rows.map(([key, text]) => [key, meaning(text, before[key])])]);
}

const WIRE = {
  title: (text) => text,
  description: (text) => text,
  tags: (text) => split(text, ','),
  attributes: (rows, base) => ownFields(rows, base?.attributes),
};

/** The fields that differ from `before`, as the API wants them. */
function changes(typed, before, base) {
  const names = differing(typed, before);
  const plain = names.filter((name) => !isOfMeasure(name))
    .map((name) => [name, WIRE[name] ? WIRE[name](typed[name], base) : typed[name].trim() || null]);
  return { ...Object.fromEntries(plain), ...(names.some(isOfMeasure) && { measure: measureOf(typed, base?.measure) }) };
}

// ---- The controls ----

const input = (name, value, props) => h('input', { name, value, autocomplete: 'off', ...props });

const colours = (value) => group('color', t('field.color'), h('div.chips', ['', ...store.meta.palette].map((name) => (
  h('label.chip', { 'data-color': name || null },
    h('input', { type: 'radio', name: 'color', value: name, checked: name === value }),
    h('span.dot'), t(`color.${name || 'none'}`))))));

function icons(value) {
  const control = input('icon', value, { class: 'short' });
  const mark = () => choices.forEach((choice) => choice.setAttribute('aria-pressed', choice.value === control.value.trim()));
  const choices = Object.entries(ICONS).map(([name, icon]) => (
    button([h('span', { 'aria-hidden': 'true' }, icon), unseen(t(`icon.${name}`))], () => {
      control.value = control.value.trim() === icon ? '' : icon;
      control.dispatchEvent(new Event('input', { bubbles: true }));
    }, { class: 'quiet icon emoji', value: icon })));
  control.addEventListener('input', mark);
  mark();
  return field(t('field.icon'), control, t('hint.icon'), h('div.icons', choices));
}

const called = (key) => ({ 'aria-label': t(key), placeholder: t(key) });

function ownField([key, text]) {
  const remove = () => {
    row.closest('fieldset').querySelector('.add').focus();
    row.remove();
  };
  const name = h('input', { ...called('own.name'), value: key, autocomplete: 'off', onchange: () => { name.value = keyOf(name.value); } });
  const row = h('div.own', { 'data-field': 'attributes/' }, name,
    h('textarea', { ...called('own.content'), rows: 1, value: text }),
    closeButton('own.remove', remove),
    h('p.error', { role: 'alert' }));
  return row;
}

function ownRows(rows) {
  const list = h('div', rows.map(ownField));
  const add = () => {
    list.append(ownField(['', '']));
    list.lastChild.querySelector('input').focus();
  };
  return group('attributes', t('field.attributes'), list,
    button([glyph('plus'), t('own.add')], add, { class: 'add' }),
    h('p.hint', t('hint.own')));
}

const fields = (typed, open) => [
  field(t('field.title'), input('title', typed.title, { autofocus: true, dir: 'auto' })),
  h('details', { open }, h('summary', t('form.customise')),
    field(t('field.description'), h('textarea', { name: 'description', rows: 4, value: typed.description })),
    h('div.two',
      ['deadline', 'start'].map((name) => field(t(`field.${name}`), input(name, typed[name], { type: 'date', max: '9999-12-31' }))),
      field(t('field.priority'), select({ name: 'priority', value: typed.priority },
        store.meta.priorities.map((name) => [name, t(`priority.${name}`)]))),
      field(t('field.tags'), input('tags', typed.tags), t('hint.tags'))),
    measureFields(typed), colours(typed.color), icons(typed.icon), ownRows(typed.attributes)),
];

// ---- The form ----

function typedIn(element) {
  const rows = [...element.querySelectorAll('.own')].map((row) => {
    const [key, text] = [keyOf(row.querySelector('input').value), row.querySelector('textarea').value];
    // A problem with an own field is shown in its row.
    row.dataset.field = `attributes/${key}`;
    return [key, text];
  });
  return { ...Object.fromEntries(new FormData(element)), attributes: rows.filter(([key, text]) => key || text) };
}

// A day typed by halves is empty to the form, but not to the person.
function checkDays(element) {
  const errors = [...element.querySelectorAll('[type=date]')].filter(({ validity }) => validity.badInput)
    .map(({ name }) => ({ pointer: `/${name}`, code: 'invalid_date' }));
  if (errors.length) throw new Problem(422, { errors });
}

/** Opens the form for a new goal, or for `goal`; `typed` is what was typed before. */
export function openGoalForm(goal = null, typed = typedOf(goal)) {
  let base = goal;
  let before = typedOf(goal);
  let saved = false;

  async function submit(more) {
    checkDays(element);
    const now = typedIn(element);
    const change = changes(now, before, base);
    if (base && Object.keys(change).length) await save(base, change);
    const made = !base && await create({ ...change, title: now.title, ...more });
    saved = true;
    dialog.close();
    // A new goal must not be hidden by a filter.
    if (made && !document.querySelector(`[data-goal="${made.id}"]`)) location.hash = '#/';
  }

  function refused(own, problem) {
    if (problem.code === 'duplicate_goal') return duplicate(problem);
    return problem.status === 412 ? merge() : showProblem(own, problem);
  }

  function duplicate({ words, body }) {
    const open = () => {
      dialog.close();
      location.hash = goalHref(body.existing_id);
    };
    tellForm(element, h('p', words), h('div.buttons',
      button(t('do.open_existing'), open),
      !base && button(t('do.create_anyway'), () => element.send({ allow_duplicate: true }))));
    element.querySelector('.says button').focus();
  }

  // What the person did not touch follows what is stored now; what they typed stays.
  async function merge() {
    await readOne(base.id);
    base = store.goals.get(base.id);
    const [mine, theirs] = [typedIn(element), typedOf(base)];
    const touched = differing(mine, before).map((name) => [name, mine[name]]);
    const moved = differing(theirs, before);
    before = theirs;
    if (!base) return tellForm(element, t('problem.not_found'));
    element.querySelector('.fields').replaceChildren(...fields({ ...theirs, ...Object.fromEntries(touched) }, true));
    return tellForm(element, h('p', t('form.elsewhere')), h('ul', moved.map((name) => (
      h('li', t('form.now', { field: label(name), value: words(name, theirs[name]) }))))));
  }

  function left() {
    const now = typedIn(element);
    if (saved || !differing(now, before).length) return;
    toast(t('said.discard'), { label: t('do.undo'), run: () => openGoalForm(base, now) });
  }

  const unfolded = goal !== null || differing(typed, before).some((name) => name !== 'title');
  const element = form({ submit, refused },
    h('div.fields', fields(typed, unfolded)),
    h('footer.buttons',
      h('button.primary', t('do.save')),
      button(t('do.cancel'), () => dialog.close())));
  const dialog = openDialog(t(goal ? 'title.edit' : 'do.new_goal'), element, left);
}

const label = (name) => (isOfMeasure(name) ? measureLabel(name) : t(`field.${name}`));

function words(name, typed) {
  if (isOfMeasure(name)) return measureWords(name, typed) || '–';
  if (name === 'attributes') return typed.map((pair) => pair.join(' ')).join(', ');
  return typed && (name === 'priority' || name === 'color') ? t(`${name}.${typed}`) : typed || '–';
}
