// What the page knows, and every change a person can make to a goal.

import { ask } from './api.js';
import { byText, dayIn, daysBetween, folded, t } from './i18n.js';
import { sayProblem, toast } from './ui.js';

/** `goals` are as they are shown, with what was just done; `read` are the collections read. */
export const store = { user: null, meta: null, limits: null, goals: new Map(), read: new Set() };

// The goals as the server last gave them, and what is done to them but not answered yet.
const confirmed = new Map();
const guesses = new Map();
let changed = () => {};

/** Sets who is told of every change of what is known. */
export const onChange = (listener) => { changed = listener; };

/** Forgets everything about the person. */
export function forget() {
  store.user = store.limits = null;
  for (const known of [store.goals, store.read, confirmed, guesses]) known.clear();
}

// ---- Reading ----

/** Where a goal is found; nowhere once it is about to be purged. */
export const collectionOf = (goal) => goal.purged || (goal.deleted_at ? 'trash' : goal.archived_at ? 'archived' : 'current');

function show(id) {
  if (confirmed.has(id)) store.goals.set(id, Object.assign({}, confirmed.get(id), ...(guesses.get(id) ?? [])));
  else store.goals.delete(id);
}

function accept(goal) {
  const before = confirmed.get(goal.id);
  if (goal.version < before?.version || JSON.stringify(goal) === JSON.stringify(before)) return;
  confirmed.set(goal.id, goal);
  show(goal.id);
}

function drop(id) {
  confirmed.delete(id);
  show(id);
}

const QUERIES = { current: {}, archived: { archived: true }, trash: { trash: true } };

/** Reads a whole collection. */
export async function read(collection) {
  const gone = new Set([...confirmed.values()].filter((goal) => collectionOf(goal) === collection).map(({ id }) => id));
  let cursor;
  do {
    const page = await ask('GET', 'goals', { query: { ...QUERIES[collection], limit: 200, ...(cursor && { cursor }) } });
    page.items.forEach(accept);
    page.items.forEach(({ id }) => gone.delete(id));
    cursor = page.next_cursor;
  } while (cursor);
  gone.forEach(drop);
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

// ---- Deriving ----

/** The person's time zone, or the browser's when it does not know that one. */
export function timeZone() {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: store.user.time_zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** Now, as a civil day of the person. */
export const today = () => dayIn(Date.now(), timeZone());

const known = (status) => store.meta.statuses.find((one) => one.status === status) ?? { transitions: [], closed: false };

export const isClosed = ({ status }) => known(status).closed;

/** Whether the deadline is an instant and not a day. */
export const isMoment = ({ deadline }) => deadline?.length > 10;

/** The civil day of the deadline. */
export const deadlineDay = (goal) => (isMoment(goal) ? dayIn(Date.parse(goal.deadline), timeZone()) : goal.deadline);

/** Days from today to the deadline, negative when it is over. */
export const daysLeft = (goal) => daysBetween(today(), deadlineDay(goal));

// Overdue, then by deadline, then without one, then what rests, then what is over.
function urgency(goal) {
  if (isClosed(goal)) return 5;
  if (goal.status === 'draft') return 4;
  if (goal.health === 'overdue') return 0;
  if (goal.status === 'paused') return 3;
  return goal.deadline ? 1 : 2;
}

const byPriority = (a, b) => store.meta.priorities.indexOf(b.priority) - store.meta.priorities.indexOf(a.priority);
const byDeadline = (a, b) => (a.deadline ?? '~').localeCompare(b.deadline ?? '~');
const latest = (field) => (a, b) => (b[field] ?? '').localeCompare(a[field] ?? '');
const byTitle = (a, b) => byText(a.title, b.title);
const inTurn = (...orders) => (a, b) => orders.reduce((found, order) => found || order(a, b), 0);

/** The ways to order the list; the first is the one without a choice. */
export const ORDERS = {
  urgency: inTurn((a, b) => urgency(a) - urgency(b), latest('closed_at'), byDeadline, byPriority, byTitle),
  deadline: inTurn(byDeadline, byTitle),
  priority: inTurn(byPriority, byDeadline, byTitle),
  newest: latest('created_at'),
  changed: latest('updated_at'),
  title: byTitle,
};

/** Whether every word of `wanted` is in the goal's own texts, accents aside. */
export function matches(goal, wanted) {
  const own = folded([goal.title, goal.description, ...goal.tags].join('\n'));
  return folded(wanted).split(/\s+/).every((word) => own.includes(word));
}

// ---- Writing ----

let tail = Promise.resolve();

/** Writes go out one after the other: each is based on what came before it. */
export function inOrder(job) {
  const done = tail.then(job);
  tail = done.catch(() => {});
  return done;
}

// Adds a guess, or takes it away.
function suppose(id, guess, holds = true) {
  guesses.set(id, [...(guesses.get(id) ?? []).filter((other) => other !== guess), ...(holds ? [guess] : [])]);
  show(id);
  changed();
}

/** Shows `guess` at once and sends the change; shows what is stored when it is refused. */
async function write(id, guess, send) {
  suppose(id, guess);
  try {
    confirmed.set(id, await inOrder(() => send({ ...confirmed.get(id) })));
  } catch (problem) {
    if (problem.status === 412 || problem.status === 404) await readOne(id).catch(() => {});
    throw problem;
  } finally {
    suppose(id, guess, false);
  }
}

const now = () => new Date().toISOString();

const patch = (id, body, guess = body) => write(id, guess, ({ version }) => ask('PATCH', `goals/${id}`, { body, version }));

const remove = (id) => write(id, { deleted_at: now() }, async (goal) => {
  await ask('DELETE', `goals/${id}`, { version: goal.version });
  return { ...goal, deleted_at: now() };
});

const restore = (id) => write(id, { deleted_at: null }, () => ask('POST', `goals/${id}/restore`));

const archive = (id, archived) => patch(id, { archived }, { archived, archived_at: archived ? now() : null });

const setStatus = (id, status) => patch(id, { status }, {
  status,
  closed_at: known(status).closed ? now() : null,
  health: status === 'achieved' ? 'done' : 'unknown',
  allowed_transitions: known(status).transitions,
});

// A refusal says why, and shows the other goal when that is the reason.
function refused({ id, title }, problem) {
  if (problem.status === 412) toast(t('said.elsewhere', { title }), { tone: 'bad' });
  else if (problem.code !== 'duplicate_goal') sayProblem(problem);
  else sayProblem(problem, { label: t('do.open_existing'), run: () => { location.hash = `#/goals/${problem.body.existing_id}`; } });
}

/** Does a change, says it, and offers to take it back. */
function act(goal, name, change, undo) {
  const tell = (problem) => refused(goal, problem);
  change().catch(tell);
  toast(t(`said.${name}`, goal), undo && { label: t('do.undo'), run: () => undo().catch(tell) });
}

const verb = (goal, status) => {
  if (status !== 'active') return status;
  return isClosed(goal) ? 'reopen' : goal.status === 'paused' ? 'resume' : 'start';
};

function move(goal, status) {
  const { id, status: before } = goal;
  // From a closed status the way back to a pause leads through active; none leads to a draft.
  const back = known(status).transitions.includes(before) ? [before] : ['active', before];
  act(goal, verb(goal, status), () => setStatus(id, status), before !== 'draft' && (() => (
    Promise.all(back.map((next) => setStatus(id, next))))));
}

// What is gone for good cannot come back, so it goes when Undo is no longer offered.
function purge(goal) {
  const guess = { purged: true };
  suppose(goal.id, guess);
  toast(t('said.purge', goal), {
    label: t('do.undo'),
    run: () => suppose(goal.id, guess, false),
    gone: async (leaving) => {
      try {
        await inOrder(() => ask('POST', `goals/${goal.id}/purge`, { keepalive: leaving }));
        drop(goal.id);
        await readLimits();
      } catch (problem) {
        refused(goal, problem);
      } finally {
        suppose(goal.id, guess, false);
      }
    },
  });
}

/** What can be done with a goal, the likeliest first; `do.NAME` is its word. */
export function actions(goal) {
  const { id } = goal;
  const put = (name, change, undo) => ({ name, run: () => act(goal, name, change, undo) });
  if (goal.deleted_at) {
    return [put('restore', () => restore(id), () => remove(id)), { name: 'purge', run: () => purge(goal) }];
  }
  const likely = goal.status === 'active' ? 'achieved' : 'active';
  const moves = [...goal.allowed_transitions].sort((a, b) => (b === likely) - (a === likely))
    .map((status) => ({ name: verb(goal, status), run: () => move(goal, status) }));
  const trash = put('delete', () => remove(id), () => restore(id));
  return goal.archived_at
    ? [put('unarchive', () => archive(id, false), () => archive(id, true)), ...moves, trash]
    : [...moves, put('archive', () => archive(id, true), () => archive(id, false)), trash];
}

/** Creates a goal and answers it; problems are the caller's, who has the form to show them in. */
export async function create(draft) {
  const goal = await ask('POST', 'goals', { body: draft });
  accept(goal);
  if (store.limits) store.limits.goals.used += 1;
  changed();
  act(goal, 'create', () => Promise.resolve(), () => remove(goal.id));
  return goal;
}

/** Saves an edit that was based on `base`; problems are the caller's, as in `create`. */
export async function save(base, change) {
  const goal = await inOrder(() => ask('PATCH', `goals/${base.id}`, { body: change, version: base.version }));
  accept(goal);
  changed();
  const back = Object.fromEntries(Object.keys(change).map((name) => [name, base[name]]));
  const added = Object.keys(change.attributes ?? {}).map((key) => [key, null]);
  const body = { ...back, ...(back.attributes && { attributes: { ...Object.fromEntries(added), ...base.attributes } }) };
  act(goal, 'save', () => Promise.resolve(), () => patch(goal.id, body, back));
}
