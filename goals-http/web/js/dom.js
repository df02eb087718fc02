// Making elements, and keeping the focus where a person left it.

/**
 * The one way to make an element: `h('p.hint', {props}, …children)`. A text child
 * becomes a text node and never markup; what is null, undefined or false is left
 * out; `on…` props are listeners.
 */
export function h(name, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(' ');
  const { value, ...props } = children[0]?.constructor === Object ? children.shift() : {};
  for (const [prop, set] of Object.entries(props)) {
    if (prop.startsWith('on')) element.addEventListener(prop.slice(2), set);
    else if (set !== false && set !== null && set !== undefined) element.setAttribute(prop, set === true ? '' : set);
  }
  element.append(...children.flat(Infinity).filter(Boolean));
  // Last: a select knows its value only once it has its options.
  if (value !== null && value !== undefined) element.value = value;
  return element;
}

/** A button that is no submit button. */
export const button = (words, onclick, props) => h('button', { type: 'button', onclick, ...props }, words);

/** Words that only assistive technology reads. */
export const unseen = (...words) => h('span.unseen', words);

/** Words that are seen, and heard together with what they are about. */
export const about = (words, what) => [h('span.words', { 'aria-hidden': 'true' }, words), unseen(`${words}: ${what}`)];

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
  const [svg, path] = ['svg', 'path'].map((tag) => document.createElementNS('http://www.w3.org/2000/svg', tag));
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `glyph ${name}`);
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', GLYPHS[name]);
  svg.append(path);
  return svg;
}

/** Moves the focus to the element with this `data-focus`, or to the heading. */
export function focusOn(key) {
  const found = key && document.querySelector(`[data-focus="${CSS.escape(key)}"]`);
  (found || document.querySelector('h1'))?.focus();
}

/** Runs `render` and puts the focus back; on what `instead` finds when its element is gone. */
export function keepingFocus(render, instead) {
  const held = document.activeElement;
  const key = held.dataset.focus;
  render();
  if (held === document.activeElement) return;
  if (held.isConnected) held.focus();
  else focusOn(document.querySelector(`[data-focus="${key}"]`) ? key : instead?.());
}
