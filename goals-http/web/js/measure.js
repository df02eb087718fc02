// How "done" is measured: its fields in the form, and what they say on the wire.

import { h } from './dom.js';
import { numberOf, numberText, t } from './i18n.js';
import { field, select } from './ui.js';

const PREFIX = 'measure/';

// The fields of each kind, as they are when nobody has touched them.
const KINDS = {
  binary: {},
  metric: { target: '', unit: '', start: '0', fold: 'sum' },
  habit: { amount: '1', unit: '', per: 'day', bound: 'at_least' },
  checklist: { items: '' },
};
const CHOICES = { kind: Object.keys(KINDS), fold: ['sum', 'last'], per: ['day', 'week', 'month'], bound: ['at_least', 'at_most'] };
const WORDS = { kind: (of) => t(`kind.${of}`), fold: (of) => t(`fold.${of}`), per: (of) => t(`per.${of}`), bound: (of) => t(`bound.${of}`) };
const NUMBERS = ['target', 'start', 'amount'];

const textOf = (value) => {
  if (Array.isArray(value)) return value.map(({ text }) => text).join('\n');
  return typeof value === 'number' ? numberText(value) : value;
};

/** A measure as the texts of its fields, each by its pointer. */
export function typedMeasure(measure = { kind: 'binary' }) {
  const names = ['kind', ...Object.keys(KINDS[measure.kind] ?? {})];
  return Object.fromEntries(names.map((name) => [PREFIX + name, textOf(measure[name])]));
}

export const isOfMeasure = (name) => name.startsWith(PREFIX);

/** What a field of the measure is called, and what a choice in it says. */
export const measureLabel = (name) => t(`measure.${name.slice(PREFIX.length)}`);
export const measureWords = (name, value) => WORDS[name.slice(PREFIX.length)]?.(value) ?? value;

// A step that reads as before is the one from before; the others follow in their order.
function steps(text, before = []) {
  const lines = text.split('\n').map((line) => line.trim()).filter(Boolean);
  const free = [...before];
  const take = (test) => {
    const at = free.findIndex(test);
    return at < 0 ? undefined : free.splice(at, 1)[0];
  };
  const same = lines.map((line) => take((step) => step.text === line));
  return lines.map((line, at) => same[at] ?? { ...(lines.length === before.length && take(() => true)), text: line });
}

/** The measure that was typed, as the API wants it. */
export function measureOf(typed, before) {
  const kind = typed[`${PREFIX}kind`];
  const names = Object.keys(KINDS[kind]);
  const value = (name) => {
    const text = typed[PREFIX + name] ?? KINDS[kind][name];
    if (name === 'items') return steps(text, before?.items);
    return NUMBERS.includes(name) ? numberOf(text) : text.trim();
  };
  return { kind, ...Object.fromEntries(names.map((name) => [name, value(name)])) };
}

function control(name, value) {
  const props = { name: PREFIX + name, value, autocomplete: 'off' };
  const label = t(`measure.${name}`);
  if (CHOICES[name]) return field(label, select(props, CHOICES[name].map((choice) => [choice, WORDS[name](choice)])));
  if (name === 'items') return field(label, h('textarea', { ...props, rows: 4 }), t('hint.items'));
  return field(label, h('input', { ...props, ...(NUMBERS.includes(name) && { inputmode: 'decimal' }) }), name === 'unit' && t('hint.unit'));
}

/** The controls: the kind, and below it what belongs to that kind. */
export function measureFields(typed) {
  const known = (kind, name) => typed[PREFIX + name] ?? KINDS[kind][name];
  const controls = (kind) => Object.keys(KINDS[kind]).map((name) => control(name, known(kind, name)));
  const kind = typed[`${PREFIX}kind`];
  const rest = h('div', { class: kind === 'checklist' ? '' : 'two' }, controls(kind));
  const choice = control('kind', kind);
  choice.querySelector('select').addEventListener('change', ({ target }) => {
    rest.className = target.value === 'checklist' ? '' : 'two';
    rest.replaceChildren(...controls(target.value));
  });
  return [choice, rest];
}
