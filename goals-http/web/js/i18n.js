// Words, numbers and dates in the language of the person.

const LANGUAGES = ['en', 'pt-BR'];
let words = {};
let language = 'en';
let region = 'en';
let collator = new Intl.Collator();

const base = (tag) => tag.slice(0, 2).toLowerCase();

/** The language of ours that fits a list of BCP 47 tags best. */
export function bestLanguage(tags) {
  const fits = tags.flatMap((tag) => LANGUAGES.filter((ours) => base(ours) === base(tag)));
  return fits[0] ?? LANGUAGES[0];
}

/** Loads one of our dictionaries and speaks it from now on. */
export async function speak(tag) {
  if (tag !== language || !words['app.name']) {
    const answer = await fetch(new URL(`../i18n/${tag}.json`, import.meta.url));
    words = await answer.json();
  }
  language = tag;
  // In London English is "19 Nov", not "Nov 19".
  region = navigator.languages.find((own) => base(own) === base(tag)) ?? tag;
  collator = new Intl.Collator(tag, { numeric: true });
  document.documentElement.lang = tag;
}

export const currentLanguage = () => language;

const number = (value) => new Intl.NumberFormat(region).format(value);

export const decimalSign = () => number(1.5)[1];

/** The words of a key with each `{name}` filled in, or undefined for an unknown key. */
export const maybe = (key, params = {}) => words[key]?.replace(/\{(\w+)\}/g, (_, name) => {
  const value = params[name];
  return typeof value === 'number' ? number(value) : [value].flat().join(', ');
});

export const t = (key, params) => maybe(key, params) ?? key;

/** Like `t`, in the plural form that fits `n`. */
export function plural(key, n) {
  const form = new Intl.PluralRules(language).select(n);
  return maybe(`${key}.${form}`, { n }) ?? t(`${key}.other`, { n });
}

/** The civil day (`YYYY-MM-DD`) of an instant in a time zone. */
export const dayIn = (instant, timeZone) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(new Date(instant));

/** Whole days from one civil day to another. */
export const daysBetween = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);

/** A civil day; the year is said when it is not that of `today`. */
export function day(civil, today) {
  const year = civil.slice(0, 4) === today.slice(0, 4) ? undefined : 'numeric';
  return new Intl.DateTimeFormat(region, { timeZone: 'UTC', day: 'numeric', month: 'short', year }).format(new Date(civil));
}

/** An instant with its time of day. */
export const moment = (instant, timeZone) => (
  new Intl.DateTimeFormat(region, { timeZone, dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant))
);

/** "tomorrow", "3 days ago": always in days. */
export const daysAway = (days) => new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(days, 'day');

/** Orders texts as people of this language expect. */
export const byText = (a, b) => collator.compare(a, b);

/** Lower case without accents: "Métas" and "metas" are one. */
export const folded = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
