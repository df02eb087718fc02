// The pieces every view is made of: toast, dialog, menu, form fields.

import { fieldWords } from './api.js';
import { glyph, h, unseen } from './dom.js';
import { t } from './i18n.js';

// ---- Toast ----------------------------------------------------------------

const TOAST_TIME = 10_000;
const region = h('div', { class: 'toasts', role: 'status' });
let shown = null;

export const toastRegion = () => region;

/**
 * Says `message`, with at most one thing to do about it (`label`, `run`). There
 * is one toast at a time; `gone` is called once its offer has lapsed, with true
 * when that is because the page goes away.
 */
export function toast(message, { label, run, gone, tone = 'calm' } = {}) {
  lapse();
  const took = () => {
    close(own);
    run();
  };
  const element = h('div', { class: `toast ${tone}` },
    h('p', null, message),
    run && h('button', { type: 'button', class: 'link', onclick: took }, label),
    h('button', { type: 'button', class: 'quiet icon', onclick: () => lapse() },
      glyph('close'), unseen(t('do.dismiss'))));
  const own = { element, run: run && took, gone, left: TOAST_TIME, cameFrom: null };
  element.addEventListener('pointerenter', () => pause(own));
  element.addEventListener('pointerleave', () => resume(own));
  element.addEventListener('focusin', (event) => {
    if (!element.contains(event.relatedTarget)) own.cameFrom = event.relatedTarget;
    pause(own);
  });
  element.addEventListener('focusout', () => resume(own));
  region.replaceChildren(element);
  shown = own;
  resume(own);
}

function resume(own) {
  if (own !== shown || own.element.matches(':hover, :focus-within')) return;
  own.since = Date.now();
  clearTimeout(own.timer);
  own.timer = setTimeout(lapse, own.left);
}

function pause(own) {
  clearTimeout(own.timer);
  own.left -= Date.now() - (own.since ?? Date.now());
  own.since = undefined;
}

function close(own) {
  if (own !== shown) return;
  clearTimeout(own.timer);
  shown = null;
  const focused = own.element.contains(document.activeElement);
  own.element.remove();
  if (focused) (own.cameFrom?.isConnected ? own.cameFrom : document.querySelector('h1'))?.focus();
}

// The offer ends without having been taken.
function lapse(last = false) {
  const own = shown;
  if (!own) return;
  close(own);
  own.gone?.(last === true);
}

/** Ends the toast, as the dismissing button does. */
export const endToast = () => lapse();

/** Takes what the toast offers; false when it offers nothing. */
export function takeToast() {
  shown?.run?.();
  return Boolean(shown?.run);
}

addEventListener('pagehide', () => lapse(true));

export const sayProblem = (problem) => {
  if (problem.status === undefined) throw problem;
  toast(problem.words, { tone: 'bad' });
};

// ---- Dialog and menu ------------------------------------------------------

/** Opens a modal dialog; `closed` is called after it, however it was left. */
export function openDialog(title, content, closed) {
  const heading = h('h2', { id: 'dialog-title' }, title);
  const leave = () => element.close();
  const element = h('dialog', { 'aria-labelledby': 'dialog-title' },
    h('header', null, heading, h('button', { type: 'button', class: 'quiet icon', onclick: leave },
      glyph('close'), unseen(t('do.close')))),
    content);
  const opener = document.activeElement;
  element.addEventListener('close', () => {
    element.remove();
    closed?.();
    if (document.activeElement !== document.body) return;
    const back = opener.isConnected ? opener : document.querySelector(`[data-focus="${opener.dataset.focus}"]`);
    (back ?? document.querySelector('h1'))?.focus();
  });
  document.body.append(element);
  element.showModal();
  return element;
}

/** Opens a menu of `{words, run, tone}` below its button. */
export function openMenu(button, items) {
  const choose = ({ run }) => {
    element.hidePopover();
    run();
  };
  const element = h('div', { class: 'menu', popover: 'auto' }, items.map((item) => (
    h('button', { type: 'button', class: `quiet ${item.tone ?? ''}`, onclick: () => choose(item) }, item.words))));
  element.addEventListener('toggle', (event) => {
    button.setAttribute('aria-expanded', String(event.newState === 'open'));
    if (event.newState === 'closed') element.remove();
  });
  button.after(element);
  element.showPopover();
  const place = button.getBoundingClientRect();
  const below = place.bottom + element.offsetHeight + 8 < innerHeight;
  const top = below ? place.bottom + 4 : Math.max(8, place.top - element.offsetHeight - 4);
  element.style.setProperty('top', `${top}px`);
  element.style.setProperty('left', `${Math.max(8, place.right - element.offsetWidth)}px`);
  element.querySelector('button').focus();
}

// ---- Forms ----------------------------------------------------------------

let serial = 0;

/** A labelled control with room for a hint and for what is wrong with it. */
export function field(label, control, { hint, beside } = {}) {
  const id = `field-${serial += 1}`;
  control.id = id;
  control.setAttribute('aria-describedby', `${hint ? `${id}-hint ` : ''}${id}-error`);
  return h('div', { class: 'field', 'data-field': control.name },
    h('label', { for: id }, label),
    beside ? h('div', { class: 'beside' }, control, beside) : control,
    hint && h('p', { class: 'hint', id: `${id}-hint` }, hint),
    h('p', { class: 'error', id: `${id}-error` }));
}

/** A select over `[value, words]` pairs. */
export const select = (props, options) => h('select', props, options.map(([value, words]) => (
  h('option', { value }, words))));

/**
 * A form whose fields are judged by the server. `submit` does the work; while it
 * does, another submit is ignored. Problems go to `refused`, or into the form.
 */
export function form(props, { submit, refused = showProblem }, ...children) {
  let busy = false;
  const element = h('form', { novalidate: true, ...props }, h('div', { class: 'says', role: 'alert' }), children);
  element.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    const slow = setTimeout(() => element.classList.add('busy'), 200);
    clearProblem(element);
    try {
      await submit();
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      refused(element, problem);
    } finally {
      busy = false;
      clearTimeout(slow);
      element.classList.remove('busy');
    }
  });
  element.addEventListener('input', ({ target }) => unmark(target.closest('[data-field]')));
  return element;
}

/** Says something about the form as a whole. */
export function tellForm(element, ...content) {
  element.querySelector('.says').replaceChildren(h('div', { class: 'note bad' }, ...content));
}

/** Shows each failure under its field and goes to the first in page order. */
export function showProblem(element, problem) {
  const left = problem.errors.filter((error) => !mark(element, error));
  if (left.length) tellForm(element, left.map((error) => h('p', null, fieldWords(error))));
  else if (!problem.errors.length) tellForm(element, h('p', null, problem.words));
  const first = element.querySelector('[aria-invalid]');
  first?.closest('details')?.setAttribute('open', '');
  first?.focus();
  if (!first) element.querySelector('.says').scrollIntoView({ block: 'nearest' });
}

/** Takes back everything a form said. */
export function clearProblem(element) {
  element.querySelector('.says').replaceChildren();
  element.querySelectorAll('[data-field]').forEach(unmark);
}

const owns = (place, pointer) => `${pointer}/`.startsWith(`/${place.dataset.field}/`);

function mark(element, error) {
  const places = [...element.querySelectorAll('[data-field]')].filter((place) => owns(place, error.pointer));
  const place = places.sort((a, b) => b.dataset.field.length - a.dataset.field.length)[0];
  if (!place) return false;
  const message = place.querySelector('.error');
  message.textContent = [message.textContent, fieldWords(error)].filter(Boolean).join(' ');
  place.querySelector('input, select, textarea, button').setAttribute('aria-invalid', 'true');
  return true;
}

function unmark(place) {
  if (!place) return;
  place.querySelector('.error').textContent = '';
  place.querySelector('[aria-invalid]')?.removeAttribute('aria-invalid');
}

/** A password control with its button to see what is typed. */
export function passwordField(autocomplete, options) {
  const control = h('input', { name: 'password', type: 'password', autocomplete });
  const words = h('span', null, t('password.show'));
  const toggle = h('button', { type: 'button', class: 'quiet', 'aria-pressed': 'false' },
    words, unseen(' ', t('password.show_what')));
  toggle.addEventListener('click', () => {
    const seen = control.type === 'text';
    control.type = seen ? 'password' : 'text';
    toggle.setAttribute('aria-pressed', String(!seen));
  });
  return field(t('field.password'), control, { ...options, beside: toggle });
}
