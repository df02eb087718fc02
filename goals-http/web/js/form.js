// Creating and editing a goal: a title is enough, the rest is folded away.

import { Problem } from './api.js';
import { goalHref } from './card.js';
import { glyph, h, unseen } from './dom.js';
import { attributesPatch, create, deadlineDay, readOne, save, store } from './goals.js';
import { folded, t } from './i18n.js';
import { field, form, openDialog, select, showProblem, tellForm, toast } from './ui.js';

const ICONS = {
  running: '🏃', health: '❤️', reading: '📚', study: '🎓', work: '💼', money: '💰',
  home: '🏠', travel: '✈️', music: '🎸', calm: '🧘', family: '👪', target: '🎯',
};

const KINDS = ['text', 'number', 'boolean', 'list'];

const kindOf = (value) => (Array.isArray(value) ? 'list' : { number: 'number', boolean: 'boolean' }[typeof value] ?? 'text');

const split = (text, by) => text.split(by).map((part) => part.trim()).filter(Boolean);

// ---- What is typed, and what it means on the wire -------------------------

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
  attributes: Object.entries(goal?.attributes ?? {}).map(([key, value]) => row(key, value)),
});

function row(key, value) {
  const kind = kindOf(value);
  return { key, kind, content: kind === 'list' ? value.join('\n') : String(value) };
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

const differing = (a, b) => Object.keys(b).filter((name) => !same(a[name], b[name]));

const fault = (pointer, code, params) => ({ pointer, code, params });

/** The own fields as an object; what cannot be one is refused here. */
function attributesOf(rows, base = {}) {
  const faults = [];
  const entries = rows.map(({ key, kind, content }, index) => {
    const place = `/attributes/${index}`;
    if (!key) faults.push(fault(place, 'required'));
    if (rows.findIndex((other) => other.key === key) < index) faults.push(fault(place, 'duplicate'));
    // What was not touched goes back exactly as it came.
    if (key in base && same(row(key, base[key]), { key, kind, content })) return [key, base[key]];
    if (kind === 'number') {
      const value = Number(content.replace(',', '.'));
      if (!content.trim() || !Number.isFinite(value)) faults.push(fault(place, 'invalid_type', { expected: t('kind.number') }));
      return [key, value];
    }
    if (kind === 'boolean') return [key, content === 'true'];
    return [key, kind === 'list' ? split(content, '\n') : content];
  });
  if (faults.length) throw new Problem(422, { errors: faults });
  return Object.fromEntries(entries);
}

/** The fields that differ from `before`, as the API wants them. */
function changes(typed, before, base) {
  const meanings = {
    tags: (text) => split(text, ','),
    attributes: (rows) => attributesPatch(base?.attributes ?? {}, attributesOf(rows, base?.attributes)),
    title: (text) => text,
    description: (text) => text,
  };
  return Object.fromEntries(differing(typed, before)
    .map((name) => [name, meanings[name] ? meanings[name](typed[name]) : typed[name].trim() || null]));
}

// ---- The controls ---------------------------------------------------------

const input = (name, value, props) => h('input', { name, value, autocomplete: 'off', ...props });

const group = (name, legend, ...content) => h('fieldset', { class: 'field', 'data-field': name },
  h('legend', null, legend), content, h('p', { class: 'error', role: 'alert' }));

function colourField(value) {
  return group('color', t('field.color'), h('div', { class: 'chips' }, ['', ...store.meta.palette].map((name) => (
    h('label', { class: 'chip', 'data-color': name || null },
      h('input', { type: 'radio', name: 'color', value: name, checked: name === value }),
      h('span', { class: 'dot' }), t(`color.${name || 'none'}`))))));
}

function iconField(value) {
  const control = input('icon', value, { class: 'short' });
  const choices = Object.entries(ICONS).map(([name, icon]) => h('button', {
    type: 'button', class: 'quiet icon', onclick: () => choose(icon),
  }, h('span', { class: 'emoji', 'aria-hidden': 'true' }, icon), unseen(t(`icon.${name}`))));
  const mark = () => choices.forEach((button, index) => {
    button.setAttribute('aria-pressed', String(Object.values(ICONS)[index] === control.value.trim()));
  });
  function choose(icon) {
    control.value = control.value.trim() === icon ? '' : icon;
    control.dispatchEvent(new Event('input', { bubbles: true }));
  }
  control.addEventListener('input', mark);
  mark();
  return field(t('field.icon'), control, {
    hint: t('hint.icon'), beside: h('div', { class: 'icons', role: 'group', 'aria-label': t('field.icons') }, choices),
  });
}

// A name as the API takes it: "Preço alvo" becomes "preco_alvo".
const keyOf = (text) => folded(text).trim().replace(/[^a-z0-9]+/g, '_').replace(/^[_\d]+|_+$/g, '');

function contentControl(kind, content) {
  const props = { 'data-part': 'content', 'aria-label': t('own.content') };
  if (kind === 'boolean') return select({ ...props, value: content === 'true' ? 'true' : 'false' }, [['true', t('word.yes')], ['false', t('word.no')]]);
  if (kind === 'list') return h('textarea', { ...props, rows: 3, value: content, placeholder: t('own.list') });
  // One line would lose the others.
  if (content.includes('\n')) return h('textarea', { ...props, rows: 3, value: content });
  return h('input', { ...props, value: content, inputmode: kind === 'number' ? 'decimal' : null, autocomplete: 'off' });
}

function ownField({ key = '', kind = 'text', content = '' } = {}) {
  const name = h('input', {
    'data-part': 'key', 'aria-label': t('own.key'), value: key, autocomplete: 'off', placeholder: t('own.key'),
    onchange: () => { name.value = keyOf(name.value); },
  });
  let value = contentControl(kind, content);
  const kinds = select({
    'data-part': 'kind', 'aria-label': t('own.kind'), value: kind,
    onchange: () => {
      const next = contentControl(kinds.value, value.value);
      value.replaceWith(next);
      value = next;
    },
  }, KINDS.map((one) => [one, t(`kind.${one}`)]));
  const element = h('div', { class: 'own', 'data-field': 'attributes/' },
    name, kinds, value,
    h('button', { type: 'button', class: 'quiet icon', onclick: () => remove(element) }, glyph('close'), unseen(t('own.remove'))),
    h('p', { class: 'error', role: 'alert' }));
  return element;
}

function remove(element) {
  const next = element.closest('fieldset').querySelector('.add');
  element.remove();
  next.focus();
}

function ownFields(rows) {
  const list = h('div', { class: 'rows' }, rows.map(ownField));
  const add = () => {
    const element = ownField();
    list.append(element);
    element.querySelector('input').focus();
  };
  return group('attributes', t('field.attributes'), list, h('button', { type: 'button', class: 'add', onclick: add }, glyph('plus'), t('own.add')));
}

function controls(typed) {
  const { priorities } = store.meta;
  return [
    field(t('field.description'), h('textarea', { name: 'description', rows: 4, value: typed.description })),
    h('div', { class: 'pairs-of-fields' },
      field(t('field.deadline'), input('deadline', typed.deadline, { type: 'date', max: '9999-12-31' })),
      field(t('field.start'), input('start', typed.start, { type: 'date', max: '9999-12-31' })),
      field(t('field.priority'), select({ name: 'priority', value: typed.priority },
        priorities.map((name) => [name, t(`priority.${name}`)]))),
      field(t('field.tags'), input('tags', typed.tags), { hint: t('hint.tags') })),
    colourField(typed.color),
    iconField(typed.icon),
    ownFields(typed.attributes),
  ];
}

// ---- The form -------------------------------------------------------------

const rowsIn = (element) => [...element.querySelectorAll('.own')].map((own) => {
  const part = (name) => own.querySelector(`[data-part=${name}]`).value;
  return { own, key: keyOf(part('key')), kind: part('kind'), content: part('content') };
}).filter(({ key, kind, content }) => key || (content && kind !== 'boolean'));

function typedIn(element) {
  const data = Object.fromEntries(new FormData(element));
  const attributes = rowsIn(element).map(({ own, ...typed }) => typed);
  return { ...data, color: data.color ?? '', attributes };
}

// A day typed by halves is empty to the form, but not to the person.
function checkDays(element) {
  const faults = [...element.querySelectorAll('[type=date]')].filter((control) => control.validity.badInput)
    .map((control) => fault(`/${control.name}`, 'invalid_date'));
  if (faults.length) throw new Problem(422, { errors: faults });
}

// What was typed when the session ended, for the same person to go on with.
let interrupted = null;

/** Opens again the form that a sign-out interrupted. */
export function resumeForm() {
  const { user, goal, typed } = interrupted ?? {};
  interrupted = null;
  if (user === store.user.id) openGoalForm(goal, typed);
}

let created = () => {};

/** Calls `listener` with every goal that a form created. */
export const onCreated = (listener) => { created = listener; };

/** Opens the form for a new goal, or for `goal`; `typed` is what was typed before. */
export function openGoalForm(goal = null, typed = typedOf(goal)) {
  let base = goal;
  let before = typedOf(goal);
  let finished = false;
  let allowDuplicate = false;
  const user = store.user.id;

  async function submit() {
    checkDays(element);
    nameRows(element);
    const now = typedIn(element);
    const change = changes(now, before, base);
    if (!base) {
      const draft = { ...change, title: now.title, ...(allowDuplicate && { allow_duplicate: true }) };
      const made = await create(draft);
      leave();
      created(made);
    } else {
      if (Object.keys(change).length) await save(base, change);
      leave();
    }
  }

  function leave() {
    finished = true;
    dialog.close();
  }

  async function refused(own, problem) {
    if (problem.status === 401) {
      finished = true;
      interrupted = { user, goal: base, typed: typedIn(own) };
    } else if (problem.code === 'duplicate_goal') duplicate(problem);
    else if (problem.code === 'stale_version') await merge();
    else showProblem(own, numbered(own, problem));
  }

  function duplicate(problem) {
    const open = () => {
      location.hash = goalHref({ id: problem.body.existing_id });
      leave();
    };
    const anyway = () => {
      allowDuplicate = true;
      element.requestSubmit();
    };
    tellForm(element, h('p', null, problem.words), h('div', { class: 'buttons' },
      h('button', { type: 'button', onclick: open }, t('do.open_existing')),
      !base && h('button', { type: 'button', onclick: anyway }, t('do.create_anyway'))));
    element.querySelector('.says button').focus();
  }

  // Changed elsewhere: what the person did not touch follows, what they typed stays.
  async function merge() {
    await readOne(base.id);
    const current = store.goals.get(base.id);
    if (!current) {
      tellForm(element, h('p', null, t('problem.not_found')));
      return;
    }
    const mine = typedIn(element);
    const theirs = typedOf(current);
    const moved = differing(theirs, before);
    const touched = differing(mine, before);
    const kept = { ...theirs, ...Object.fromEntries(touched.map((name) => [name, mine[name]])) };
    base = current;
    before = theirs;
    fill(kept);
    tellForm(element, h('p', null, t('form.elsewhere')), h('ul', null, moved.map((name) => (
      h('li', null, t('form.now', { field: t(`field.${name}`), value: wordsFor(name, theirs[name]) }))))));
    element.querySelector('.says').scrollIntoView({ block: 'nearest' });
  }

  function fill(values) {
    const open = details.open;
    const fresh = [titleField(values.title), customise(values, open)];
    element.querySelector('.fields').replaceChildren(...fresh);
    details = fresh[1];
  }

  function discarded() {
    const now = typedIn(element);
    if (finished || !differing(now, before).length) return;
    toast(t('said.discard'), { label: t('do.undo'), run: () => openGoalForm(base, now) });
  }

  const titleField = (value) => field(t('field.title'), input('title', value, { autofocus: true, dir: 'auto' }));
  const customise = (values, open) => h('details', { open }, h('summary', null, t('form.customise')), controls(values));
  let details = customise(typed, Boolean(goal) || differing(typed, before).some((name) => name !== 'title'));
  const element = form({}, { submit, refused },
    h('div', { class: 'fields' }, titleField(typed.title), details),
    h('footer', { class: 'buttons' },
      h('button', { class: 'primary' }, t('do.save')),
      h('button', { type: 'button', onclick: () => dialog.close() }, t('do.cancel'))));
  const dialog = openDialog(t(goal ? 'title.edit' : 'title.new'), element, discarded);
}

// Rows are named by their place, so that two with the same name can be told apart.
const nameRows = (element) => rowsIn(element).forEach(({ own }, index) => { own.dataset.field = `attributes/${index}`; });

// The server names a row by its key; the page by its place.
function numbered(element, problem) {
  const keys = rowsIn(element).map(({ key }) => key);
  problem.errors.forEach((error) => {
    const index = keys.indexOf(/^\/attributes\/([^/]+)/.exec(error.pointer)?.[1]);
    if (index >= 0) error.pointer = `/attributes/${index}`;
  });
  return problem;
}

function wordsFor(name, typed) {
  if (name === 'attributes') return typed.map(({ key, content }) => `${key} ${content}`).join(', ') || t('word.nothing');
  const coded = typed && (name === 'priority' || name === 'color');
  return coded ? t(`${name}.${typed}`) : typed || t('word.nothing');
}
