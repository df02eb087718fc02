// What the page knows, and every change a person can make to a goal.

import { ask } from './api.js';
import { byText, dayIn, daysBetween, folded, t } from './i18n.js';
import { sayProblem, toast } from './ui.js';

export const store = {
  user: null,
  meta: null,
  limits: null,
  /** Every goal known, as it is shown: what was just done is already applied. */
  goals: new Map(),
  /** Which of `COLLECTIONS` have been read. */
  read: new Set(),
};

export const COLLECTIONS = ['current', 'archived', 'trash'];

// The goals as the server last gave them: what a refused change falls back to.
const confirmed = new Map();
// Writes under way, by goal. What is read meanwhile must not undo what is shown.
const pending = new Map();
const listeners = new Set();

/** Calls `listener` after every change of what is known. */
export const onChange = (listener) => listeners.add(listener);
const changed = () => listeners.forEach((listener) => listener());

export function forget() {
  store.user = store.limits = null;
  for (const known of [store.goals, store.read, confirmed, pending]) known.clear();
}

// ---- Reading --------------------------------------------------------------

export const collectionOf = (goal) => (goal.deleted_at ? 'trash' : goal.archived_at ? 'archived' : 'current');

/** The instant now as a civil day of the person. */
export function today() {
  return dayIn(new Date(), timeZone());
}

/** The person's time zone, or the browser's when it does not know that one. */
export function timeZone() {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: store.user?.time_zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function accept(goal) {
  if (goal.version < (confirmed.get(goal.id)?.version ?? 0)) return;
  confirmed.set(goal.id, goal);
  if (!pending.has(goal.id)) store.goals.set(goal.id, goal);
}

function drop(id) {
  confirmed.delete(id);
  store.goals.delete(id);
}

const QUERIES = { current: {}, archived: { archived: true }, trash: { trash: true } };

/** Reads a whole collection. */
export async function read(collection) {
  const seen = new Set();
  let cursor;
  do {
    const query = { ...QUERIES[collection], limit: 200, ...(cursor && { cursor }) };
    const page = await ask('GET', 'goals', { query });
    for (const goal of page.items) {
      accept(goal);
      seen.add(goal.id);
    }
    cursor = page.next_cursor;
  } while (cursor);
  for (const [id, goal] of confirmed) {
    if (collectionOf(goal) === collection && !seen.has(id) && !pending.has(id)) drop(id);
  }
  store.read.add(collection);
  changed();
}

/** Reads one goal again; a goal that is gone is forgotten. */
export async function readOne(id) {
  try {
    accept(await ask('GET', `goals/${encodeURIComponent(id)}`));
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    drop(id);
  }
  changed();
}

export async function readLimits() {
  store.limits = await ask('GET', 'users/me/limits');
  changed();
}

// ---- Deriving -------------------------------------------------------------

export const isClosed = (status) => store.meta.statuses.find((known) => known.status === status)?.closed ?? false;

/** The civil day of a deadline, which is a day already or an instant. */
export const deadlineDay = ({ deadline }) => (
  deadline && deadline.length > 10 ? dayIn(Date.parse(deadline), timeZone()) : deadline
);

/** Days from today to the deadline, negative when it is over; null without one. */
export const daysLeft = (goal) => (goal.deadline ? daysBetween(today(), deadlineDay(goal)) : null);

// Overdue, then by deadline, then without one, then what rests, then what is over.
function urgency(goal) {
  if (isClosed(goal.status)) return 5;
  if (goal.status === 'draft') return 4;
  if (goal.health === 'overdue') return 0;
  if (goal.status === 'paused') return 3;
  return goal.deadline ? 1 : 2;
}

const byPriority = (a, b) => store.meta.priorities.indexOf(b.priority) - store.meta.priorities.indexOf(a.priority);
const byDeadline = (a, b) => (a.deadline ?? '~').localeCompare(b.deadline ?? '~');
const newestFirst = (field) => (a, b) => (b[field] ?? '').localeCompare(a[field] ?? '');
const byTitle = (a, b) => byText(a.title, b.title);

/** The ways to order the list; the first is the one without a choice. */
export const ORDERS = {
  urgency: (a, b) => urgency(a) - urgency(b) || newestFirst('closed_at')(a, b) || byDeadline(a, b)
    || byPriority(a, b) || byTitle(a, b),
  deadline: (a, b) => byDeadline(a, b) || byTitle(a, b),
  priority: (a, b) => byPriority(a, b) || byDeadline(a, b) || byTitle(a, b),
  newest: newestFirst('created_at'),
  changed: newestFirst('updated_at'),
  title: byTitle,
};

/** Whether every word of `wanted` is in the goal's own texts, accents aside. */
export function matches(goal, wanted) {
  const own = folded([goal.title, goal.description, ...goal.tags].join('\n'));
  return folded(wanted).split(/\s+/).every((word) => own.includes(word));
}

// ---- Writing --------------------------------------------------------------

let tail = Promise.resolve();

// Writes go out one after the other: each is based on the version before it.
function inOrder(job) {
  const done = tail.then(job);
  tail = done.catch(() => {});
  return done;
}

/** Shows `guess` at once and sends the change; shows what is stored when it is refused. */
async function write(id, guess, send) {
  store.goals.set(id, { ...store.goals.get(id), ...guess });
  pending.set(id, (pending.get(id) ?? 0) + 1);
  changed();
  try {
    confirmed.set(id, await inOrder(() => send(confirmed.get(id))));
  } catch (problem) {
    if (problem.code === 'stale_version' || problem.status === 404) await refresh(id);
    throw problem;
  } finally {
    pending.set(id, pending.get(id) - 1);
    if (!pending.get(id)) {
      pending.delete(id);
      if (confirmed.has(id)) store.goals.set(id, confirmed.get(id));
    }
    changed();
  }
}

async function refresh(id) {
  try {
    confirmed.set(id, await ask('GET', `goals/${id}`));
  } catch (problem) {
    if (problem.status === 404) drop(id);
  }
}

const patch = (id, body, guess = body) => write(id, guess, ({ version }) => (
  ask('PATCH', `goals/${id}`, { body, version })
));

const remove = (id) => write(id, { deleted_at: new Date().toISOString() }, async (goal) => {
  await ask('DELETE', `goals/${id}`, { version: goal.version });
  return { ...goal, deleted_at: new Date().toISOString() };
});

const restore = (id) => write(id, { deleted_at: null }, () => ask('POST', `goals/${id}/restore`));

// A refusal says why; the existing goal is one step away when that is the reason.
function refused(goal, problem) {
  const title = store.goals.get(goal.id)?.title ?? goal.title;
  if (problem.code === 'stale_version') toast(t('said.elsewhere', { title }), { tone: 'bad' });
  else if (problem.code === 'duplicate_goal') {
    const open = () => { location.hash = `#/goals/${problem.body.existing_id}`; };
    toast(problem.words, { tone: 'bad', label: t('do.open_existing'), run: open });
  } else sayProblem(problem);
}

/** Does a change, says it, and offers to take it back. */
async function act(goal, said, change, undo) {
  const done = change();
  toast(t(said, { title: goal.title }), undo && {
    label: t('do.undo'),
    run: () => undo().catch((problem) => refused(goal, problem)),
  });
  try {
    await done;
  } catch (problem) {
    refused(goal, problem);
  }
}

const statusGuess = (status) => ({
  status,
  closed_at: isClosed(status) ? new Date().toISOString() : null,
  health: status === 'achieved' ? 'done' : 'unknown',
  allowed_transitions: store.meta.statuses.find((known) => known.status === status)?.transitions ?? [],
});

// The statuses to pass through from one to another, or null when no way leads back.
function way(from, to) {
  const next = (status) => store.meta.statuses.find((known) => known.status === status)?.transitions ?? [];
  if (next(from).includes(to)) return [to];
  const between = next(from).find((status) => next(status).includes(to));
  return between ? [between, to] : null;
}

function setStatus(goal, status) {
  const set = (next) => patch(goal.id, { status: next }, statusGuess(next));
  const back = way(status, goal.status);
  const verb = status === 'active' ? activation(goal) : status;
  act(goal, `said.${verb}`, () => set(status), back && (async () => {
    for (const next of back) await set(next);
  }));
}

const activation = (goal) => (isClosed(goal.status) ? 'reopen' : goal.status === 'paused' ? 'resume' : 'start');

const setArchived = (goal, archived) => {
  const set = (value) => patch(goal.id, { archived: value }, {
    archived: value, archived_at: value ? new Date().toISOString() : null,
  });
  act(goal, archived ? 'said.archive' : 'said.unarchive', () => set(archived), () => set(!archived));
};

const moveToTrash = (goal) => act(goal, 'said.delete', () => remove(goal.id), () => restore(goal.id));

const bringBack = (goal) => act(goal, 'said.restore', () => restore(goal.id), () => remove(goal.id));

// What is gone for good cannot come back, so it goes when Undo is no longer offered.
function purge(goal) {
  store.goals.delete(goal.id);
  pending.set(goal.id, 1);
  changed();
  const keep = () => {
    pending.delete(goal.id);
    if (confirmed.has(goal.id)) store.goals.set(goal.id, confirmed.get(goal.id));
    changed();
  };
  toast(t('said.purge', { title: goal.title }), {
    label: t('do.undo'),
    run: keep,
    gone: async (last) => {
      try {
        await ask('POST', `goals/${goal.id}/purge`, { last });
        drop(goal.id);
        pending.delete(goal.id);
        await readLimits();
      } catch (problem) {
        keep();
        sayProblem(problem);
      }
    },
  });
}

/**
 * What can be done with a goal: `{name, run}`, the likeliest first. The name is
 * its word in the dictionary (`do.NAME`).
 */
export function actions(goal) {
  if (goal.deleted_at) {
    return [{ name: 'restore', run: () => bringBack(goal) }, { name: 'purge', run: () => purge(goal) }];
  }
  const first = goal.status === 'active' ? 'achieved' : 'active';
  const statuses = [...goal.allowed_transitions].sort((a, b) => (b === first) - (a === first));
  const moves = statuses.map((status) => ({
    name: status === 'active' ? activation(goal) : status,
    run: () => setStatus(goal, status),
  }));
  const archive = goal.archived_at
    ? { name: 'unarchive', run: () => setArchived(goal, false) }
    : { name: 'archive', run: () => setArchived(goal, true) };
  const rest = [archive, { name: 'delete', run: () => moveToTrash(goal) }];
  return goal.archived_at ? [rest.shift(), ...moves, ...rest] : [...moves, ...rest];
}

/** Creates a goal; problems are the caller's, who has the form to show them in. */
export async function create(draft) {
  const goal = await ask('POST', 'goals', { body: draft });
  accept(goal);
  if (store.limits) store.limits.goals.used += 1;
  changed();
  toast(t('said.create', { title: goal.title }), {
    label: t('do.undo'),
    run: () => remove(goal.id).catch((problem) => refused(goal, problem)),
  });
  return goal;
}

/** Saves an edit that was based on `base`; problems are the caller's, as in `create`. */
export async function save(base, change) {
  const goal = await inOrder(() => ask('PATCH', `goals/${base.id}`, { body: change, version: base.version }));
  accept(goal);
  changed();
  const back = reverse(base, goal, change);
  toast(t('said.save', { title: goal.title }), {
    label: t('do.undo'),
    run: () => patch(goal.id, back, { ...back, attributes: base.attributes })
      .catch((problem) => refused(goal, problem)),
  });
}

/** The merge patch that turns the own fields `from` into `to`. */
export function attributesPatch(from, to) {
  const gone = Object.keys(from).filter((key) => !(key in to)).map((key) => [key, null]);
  return { ...to, ...Object.fromEntries(gone) };
}

function reverse(base, goal, change) {
  const back = Object.fromEntries(Object.keys(change).map((field) => [field, base[field]]));
  if ('attributes' in back) back.attributes = attributesPatch(goal.attributes, base.attributes);
  return back;
}
