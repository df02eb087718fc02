// Words, numbers and dates in the language of the person.

export const LANGUAGES = ['en', 'pt-BR'];

const DAY = 86_400_000;
const dictionaries = new Map();
let words = {};
let language = 'en';
let region = 'en';

const base = (tag) => tag.split('-')[0].toLowerCase();

/** The language of ours that fits a list of BCP 47 tags best. */
export function bestLanguage(tags) {
  for (const tag of tags) {
    const found = LANGUAGES.find((ours) => ours.toLowerCase() === tag.toLowerCase())
      ?? LANGUAGES.find((ours) => base(ours) === base(tag));
    if (found) return found;
  }
  return LANGUAGES[0];
}

/** Loads the dictionary of one of `LANGUAGES` and speaks it from now on. */
export async function speak(tag) {
  if (!dictionaries.has(tag)) {
    const answer = await fetch(new URL(`../i18n/${tag}.json`, import.meta.url));
    dictionaries.set(tag, await answer.json());
  }
  words = dictionaries.get(tag);
  language = tag;
  // Someone who reads English in London expects "19 Nov", not "Nov 19".
  region = navigator.languages.find((own) => base(own) === base(tag)) ?? tag;
  document.documentElement.lang = tag;
}

export const currentLanguage = () => language;

/** Whether the dictionary has this key. */
export const has = (key) => key in words;

/** The text of a key with `{name}` replaced; numbers are written as people write them. */
export function t(key, params = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => {
    const value = params[name];
    if (typeof value === 'number') return number(value);
    return Array.isArray(value) ? value.join(', ') : value ?? whole;
  });
}

/** Like `t`, with the plural form that fits `n`. */
export function plural(key, n, params = {}) {
  const form = new Intl.PluralRules(language).select(n);
  return t(has(`${key}.${form}`) ? `${key}.${form}` : `${key}.other`, { n, ...params });
}

export const number = (value) => new Intl.NumberFormat(region, { maximumFractionDigits: 15 }).format(value);

/** The civil day (`YYYY-MM-DD`) of an instant in a time zone. */
export function dayIn(instant, timeZone) {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(instant);
}

/** Whole days from one civil day to another. */
export const daysBetween = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / DAY);

/** A civil day; the year is said when it is not this one. */
export function day(civil, today) {
  const year = civil.slice(0, 4) === today.slice(0, 4) ? undefined : 'numeric';
  return new Intl.DateTimeFormat(region, { timeZone: 'UTC', day: 'numeric', month: 'short', year })
    .format(Date.parse(civil));
}

/** An instant with its time of day. */
export function moment(instant, timeZone) {
  return new Intl.DateTimeFormat(region, { timeZone, dateStyle: 'medium', timeStyle: 'short' })
    .format(Date.parse(instant));
}

/** "tomorrow", "3 days ago": always in days. */
export const daysAway = (days) => new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(days, 'day');

/** The order in which people of this language expect to find texts. */
export const byText = (a, b) => a.localeCompare(b, language, { numeric: true, sensitivity: 'base' });

/** Lower case without accents: "Métas" and "metas" are one. */
export const folded = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
