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

const number = (value, options) => new Intl.NumberFormat(region, { maximumFractionDigits: 6, ...options }).format(value);

export const decimalSign = () => number(1.5)[1];

/** A number as one would type it. */
export const numberText = (value) => number(value, { useGrouping: false });

/**
 * The number that was typed, with or without its groups; null for nothing. What is
 * no number stays a text, and the server says so.
 */
export function numberOf(text) {
  const bare = text.replace(/\s/g, '');
  const groups = decimalSign() === ',' ? /\.(?=\d{3}(\D|$))/g : /,(?=\d{3}(\D|$))/g;
  const plain = bare.replace(groups, '').replace(',', '.');
  if (!plain) return null;
  return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : text;
}

/** A share of 0 to 1 in whole percent, never rounded up to a whole that is not there. */
export const percent = (share) => number(Math.floor(share * 100 + 1e-9) / 100, { style: 'percent' });

const isCurrency = (unit) => /^[A-Z]{3}$/.test(unit) && Intl.supportedValuesOf('currency').includes(unit);

/** An amount whose unit is said by the one that follows; of money it is a part. */
export const bare = (value, unit) => (isCurrency(unit) ? quantity(value, unit) : number(value));

/** An amount with its unit; a currency code is written as money is. */
export function quantity(value, unit = '') {
  if (unit === '%') return `${number(value)} %`;
  if (isCurrency(unit)) {
    return number(value, { style: 'currency', currency: unit, trailingZeroDisplay: 'stripIfInteger', maximumFractionDigits: 2 });
  }
  return unit ? `${number(value)}\u00a0${unit}` : number(value);
}

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
