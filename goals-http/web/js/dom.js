// Making elements, and keeping the focus where a person left it.

/**
 * The one way to make an element. Children are nodes or texts; a text becomes a
 * text node and never markup. Empty children and props that are null, undefined
 * or false are left out; `on…` props are listeners.
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false || name === 'value') continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child || child === 0));
  // After the children: a select knows its value only once it has its options.
  if (props?.value !== undefined && props.value !== null) element.value = props.value;
  return element;
}

const GLYPHS = {
  back: 'M15 5l-7 7 7 7',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  close: 'M6 6l12 12M18 6L6 18',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  play: 'M8 5.5v13l10-6.5z',
  plus: 'M12 5v14M5 12h14',
  return: 'M9 7L4.5 11.5 9 16M5 11.5h8.5a5 5 0 0 1 0 10H11',
};

/** A drawn sign beside words; it says nothing by itself. */
export function glyph(name) {
  const make = (tag, attributes) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const svg = make('svg', { class: `glyph ${name}`, viewBox: '0 0 24 24', 'aria-hidden': 'true' });
  svg.append(make('path', { d: GLYPHS[name] }));
  return svg;
}

/** Words that only assistive technology reads. */
export const unseen = (...words) => h('span', { class: 'unseen' }, ...words);

const focusable = (key) => key && document.querySelector(`[data-focus="${CSS.escape(key)}"]`);

/**
 * Runs `render` and puts the focus back on the element with the same
 * `data-focus`, or on what `otherwise` finds when that element is gone.
 */
export function keepingFocus(render, otherwise) {
  const held = document.activeElement;
  const key = held?.dataset?.focus;
  render();
  if (!held || held === document.body || held === document.activeElement) return;
  const next = (held.isConnected && held) || focusable(key) || otherwise?.(key) || document.querySelector('h1');
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: 'nearest' });
}
