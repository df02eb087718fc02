// The pieces every view is made of: toast, dialog, form fields.

import { fieldWords } from './api.js';
import { button, focusOn, glyph, h, unseen } from './dom.js';
import { t } from './i18n.js';

export const closeButton = (what, run) => button([glyph('close'), unseen(t(what))], run, { class: 'quiet icon' });

// ---- Toast ----

/** Where toasts are said. */
export const toasts = h('div.toasts', { role: 'status' });

let shown = null;

/**
 * Says `message` and offers `run`, one toast at a time, as long as its animation
 * lasts. `gone` is called when the offer has lapsed, with true on leaving the page.
 */
export function toast(message, { label, run, gone, tone = '' } = {}) {
  endToast();
  const own = { gone };
  own.take = run && (() => {
    close();
    run();
  });
  own.element = h('div', {
    class: `toast ${tone}`,
    onanimationend: ({ animationName }) => animationName === 'lapse' && endToast(),
    onfocusin: ({ relatedTarget }) => {
      if (!own.element.contains(relatedTarget)) own.from = relatedTarget;
    },
  }, h('p', message), run && button(label, own.take, { class: 'link' }), closeButton('do.dismiss', () => endToast()));
  toasts.replaceChildren(own.element);
  shown = own;
}

function close() {
  const { element, from } = shown;
  const focused = element.contains(document.activeElement);
  shown = null;
  element.remove();
  if (focused && from?.isConnected) from.focus();
  else if (focused) focusOn();
}

/** Ends the toast: what it offered has lapsed. */
export function endToast(leaving) {
  const gone = shown?.gone;
  if (shown) close();
  gone?.(leaving);
}

/** Takes what the toast offers, if anything. */
export const takeToast = () => shown?.take?.();

addEventListener('pagehide', () => endToast(true));

/** Says why something was refused; what is no refusal is thrown on. */
export function sayProblem(problem, offer) {
  if (problem.status === undefined) throw problem;
  toast(problem.words, { tone: 'bad', ...offer });
}

// ---- Dialog ----

/** Opens a modal dialog; `left` is called after it, however it was left. */
export function openDialog(title, content, left) {
  const opener = document.activeElement;
  const element = h('dialog', {
    'aria-labelledby': 'dialog-title',
    onclose: () => {
      element.remove();
      left?.();
      if (document.activeElement === document.body) focusOn(opener.dataset.focus);
    },
  }, h('header', h('h2', { id: 'dialog-title' }, title), closeButton('do.close', () => element.close())), content);
  document.body.append(element);
  element.showModal();
  return element;
}

// ---- Forms ----

let serial = 0;

/** A labelled control with room for a hint and for what is wrong with it. */
export function field(label, control, hint, beside) {
  serial += 1;
  const id = `field-${serial}`;
  control.id = id;
  control.setAttribute('aria-describedby', `${id}-hint ${id}-error`);
  return h('div.field', { 'data-field': control.name },
    h('label', { for: id }, label),
    beside ? h('div.beside', control, beside) : control,
    h('p.hint', { id: `${id}-hint` }, hint),
    h('p.error', { id: `${id}-error` }));
}

/** Several controls under one name. */
export const group = (name, legend, ...content) => h('fieldset.field', { 'data-field': name },
  h('legend', legend), content, h('p.error', { role: 'alert' }));

/** A select over `[value, words]` pairs. */
export const select = (props, options) => h('select', props, options.map(([value, words]) => h('option', { value }, words)));

/** A control for a name or an address that signs somebody in. */
export const accountInput = (name, props) => h('input', {
  name, type: name === 'email' ? name : 'text', autocomplete: name, autocapitalize: 'none', spellcheck: 'false', ...props,
});

/** A password control with its button to see what is typed. */
export function passwordField(name, autocomplete, hint) {
  const control = h('input', { name, type: 'password', autocomplete });
  const toggle = button([t('password.show'), unseen(' ', t('password.what'))], () => {
    control.type = control.type === 'text' ? 'password' : 'text';
    toggle.setAttribute('aria-pressed', control.type === 'text');
  }, { class: 'quiet', 'aria-pressed': 'false' });
  return field(t(`field.${name}`), control, hint, toggle);
}

/** For the browser, which keeps a password together with the name that it belongs to. */
export const whose = ({ username }) => h('input', { type: 'text', autocomplete: 'username', value: username, hidden: true, readonly: true });

/** What is out of the way until it is wanted. */
export const folded = (words, ...content) => h('details', h('summary', words), content);

/** What is in a form, by name. */
export const typedIn = (element) => Object.fromEntries(new FormData(element));

/**
 * A form whose fields are judged by the server. While `submit` works, another is
 * ignored; problems go to `refused`, or into the form. `send(more)` submits too.
 */
export function form({ submit, refused = showProblem }, ...children) {
  const element = h('form', {
    novalidate: true,
    onsubmit: (event) => {
      event.preventDefault();
      element.send();
    },
    oninput: ({ target }) => unmark(target.closest('[data-field]')),
  }, h('div.says', { role: 'alert' }), children);
  element.send = async (more) => {
    if (element.classList.contains('busy')) return;
    element.classList.add('busy');
    element.querySelector('.says').replaceChildren();
    element.querySelectorAll('[data-field]').forEach(unmark);
    try {
      await submit(more);
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      await refused(element, problem);
    } finally {
      element.classList.remove('busy');
    }
  };
  return element;
}

/** Says something about the form as a whole. */
export function tellForm(element, ...content) {
  const note = h('div.note.bad', content);
  element.querySelector('.says').replaceChildren(note);
  note.scrollIntoView({ block: 'nearest' });
}

/** Shows each failure under its field and goes to the first in page order. */
export function showProblem(element, problem) {
  const rest = problem.errors.filter((error) => !mark(element, error)).map(fieldWords);
  if (rest.length || !problem.errors.length) tellForm(element, rest.join(' ') || problem.words);
  const first = element.querySelector('[aria-invalid]');
  first?.closest('details')?.setAttribute('open', '');
  first?.focus();
}

/** Shows a name or an address that somebody else has at its field. */
export function showTaken(element, problem) {
  const taken = /^(\w+)_taken$/.exec(problem.code)?.[1];
  if (taken) problem.errors = [{ pointer: `/${taken}`, code: problem.code }];
  showProblem(element, problem);
}

/** A refusal of a password belongs to the field `name` that it was typed in. */
export const atPassword = (name) => (element, problem) => {
  if (problem.code === 'bad_credentials') problem.errors = [{ pointer: `/${name}`, code: 'wrong_password' }];
  showProblem(element, problem);
};

const errorOf = (place) => place.querySelector(':scope > .error');

function mark(element, error) {
  // The innermost place: one of the own fields, not all of them.
  const place = [...element.querySelectorAll('[data-field]')]
    .filter(({ dataset }) => `${error.pointer}/`.startsWith(`/${dataset.field}/`)).at(-1);
  if (!place) return false;
  errorOf(place).textContent = `${errorOf(place).textContent} ${fieldWords(error)}`.trim();
  place.querySelector('input, select, textarea, button').setAttribute('aria-invalid', 'true');
  return true;
}

function unmark(place) {
  if (!place) return;
  errorOf(place).textContent = '';
  place.querySelector('[aria-invalid]')?.removeAttribute('aria-invalid');
}
