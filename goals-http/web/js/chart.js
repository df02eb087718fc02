// Drawings of check-ins: a line against the plan, and a year of days.

import { daysBetween, quantity } from './i18n.js';

const HEIGHT = 220;
const [LEFT, RIGHT, TOP, BOTTOM] = [8, 8, 22, 28];

function svg(tag, props, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  Object.entries(props).forEach(([name, value]) => element.setAttribute(name, value));
  element.append(...children.flat(Infinity).filter(Boolean));
  return element;
}

const image = (width, height, words, ...content) => svg('svg', {
  class: 'chart', role: 'img', width, height, viewBox: `0 0 ${width} ${height}`,
}, svg('title', {}, words), content);

/** What was there at the end of each day that has a check-in, in order. */
export function pointsOf({ measure }, entries) {
  let sum = measure.start ?? 0;
  const points = new Map();
  for (const { day, value } of entries) {
    sum = measure.fold === 'last' ? value ?? sum : sum + (value ?? 1);
    points.set(day, sum);
  }
  return [...points];
}

/**
 * The line of `points` (`[day, value]`) from `from` to `to`, with the plan to `target` when there is
 * a deadline; `label` words a day, `words` say what is seen.
 */
export function lineChart({ width, measure, points, from, to, today, deadline, label, words }) {
  const values = [measure.start, measure.target, ...points.map(([, value]) => value)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const days = Math.max(1, daysBetween(from, to));
  const x = (day) => LEFT + (width - LEFT - RIGHT) * (daysBetween(from, day) / days);
  const y = (value) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * ((value - low) / (high - low));
  const path = [[from, measure.start], ...points].map(([day, value], at) => `${at ? 'L' : 'M'}${x(day).toFixed(1)} ${y(value).toFixed(1)}`).join('');
  const grid = [low, (low + high) / 2, high].map((value) => [
    svg('line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
    // Where the line begins there is no room at its side.
    svg('text', { ...(value === measure.start ? { x: width - RIGHT, 'text-anchor': 'end' } : { x: LEFT }), y: y(value) - 4 }, quantity(Number(value.toPrecision(6)), measure.unit))]);
  const last = points.at(-1);
  return image(width, HEIGHT, words, grid,
    deadline && svg('line', { class: 'plan', x1: x(from), y1: y(measure.start), x2: x(deadline), y2: y(measure.target) }),
    today < to && svg('line', { class: 'today', x1: x(today), x2: x(today), y1: TOP, y2: HEIGHT - BOTTOM }),
    svg('path', { class: 'line', d: path }),
    last && svg('circle', { class: 'last', cx: x(last[0]), cy: y(last[1]), r: 5 }),
    svg('text', { x: LEFT, y: HEIGHT - 8 }, label(from)),
    svg('text', { x: width - RIGHT, y: HEIGHT - 8, 'text-anchor': 'end' }, label(to)));
}

const dayBefore = (day, days) => new Date(Date.parse(day) - days * 86_400_000).toISOString().slice(0, 10);

/** A year that ends today, a square a day; `shares` says of a day how full it is, 0 to 1. */
export function yearChart({ width, today, shares, words }) {
  const weekday = new Date(today).getUTCDay();
  const weeks = 53;
  const cell = (width - 2) / weeks;
  const squares = Array.from({ length: weeks * 7 - (6 - weekday) }, (_, at) => {
    const day = dayBefore(today, weeks * 7 - (6 - weekday) - 1 - at);
    const share = shares.get(day) ?? 0;
    return svg('rect', {
      class: share ? 'kept' : 'day', x: Math.floor(at / 7) * cell + 1, y: (at % 7) * cell + 1, width: cell * 0.82, height: cell * 0.82, rx: cell * 0.18,
      ...(share && { 'fill-opacity': 0.35 + 0.65 * Math.min(1, share) }),
    });
  });
  return image(width, cell * 7 + 2, words, squares);
}
