// What the page knows, and every change a person can make to a goal.

import { ask } from './api.js';
import { byText, dayIn, daysBetween, folded, t } from './i18n.js';
import { begin, end, flush, follow, isWaiting, newId, push } from './queue.js';
import { sayProblem, toast } from './ui.js';

/** `goals` are as they are shown, with what was just done; `read` are the collections read. */
export const store = { user: null, meta: null, limits: null, goals: new Map(), read: new Set() };

// The goals as the server last gave them, and what is done to them but not answered yet.
const confirmed = new Map();
const guesses = new Map();
let changed = () => {};

/** Sets who is told of every change of what is known. */
export const onChange = (listener) => { changed = listener; };

/** Forgets everything about the person; `wipe` what they did and is not sent yet too. */
export function forget(wipe) {
  end(wipe);
  store.user = store.limits = null;
  for (const known of [store.goals, store.read, confirmed, guesses]) known.clear();
}

// ---- Reading ----

/** Where a goal is found; nowhere once it is about to be purged. */
export const collectionOf = (goal) => goal.purged || (goal.deleted_at ? 'trash' : goal.archived_at ? 'archived' : 'current');

function show(id) {
  const supposed = guesses.get(id) ?? [];
  // A goal that is not sent yet is nothing but a guess.
  if (confirmed.has(id) || supposed.some((guess) => guess.id)) store.goals.set(id, Object.assign({}, confirmed.get(id), ...supposed));
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

const HEALTH = ['overdue', 'off_track', 'at_risk', 'on_track', 'ahead', 'done'];

// What needs a person most, then what has no deadline, then what rests, then what is over.
function urgency(goal) {
  if (isClosed(goal)) return 10;
  if (goal.status === 'draft') return 9;
  if (goal.status === 'paused') return 8;
  const health = HEALTH.indexOf(goal.health === 'unknown' && goal.deadline ? 'on_track' : goal.health);
  return health < 0 ? 7 : health;
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

// Adds a guess, or takes it away.
function suppose(id, guess, holds = true) {
  guesses.set(id, [...(guesses.get(id) ?? []).filter((other) => other !== guess), ...(holds ? [guess] : [])]);
  show(id);
  changed();
}

/** Shows `guess` at once and sends the change; what is stored is shown when it is refused. */
function write(goal, request, guess) {
  suppose(goal, guess);
  const version = isWaiting(goal) ? null : confirmed.get(goal)?.version ?? null;
  // Whoever did it has gone on; a refusal is told to them.
  push({ ...request, goal, guess, version }).catch(() => {});
}

follow.sent = ({ goal: id, path, guess }, answer) => {
  const before = confirmed.get(id);
  if (path.endsWith('/purge')) drop(id);
  else if (answer) accept(answer);
  else if (before) confirmed.set(id, { ...before, ...guess, version: before.version + 1 });
  suppose(id, guess, false);
  if (path === 'goals' || !answer) readLimits().catch(() => {});
};

follow.refused = async ({ goal: id, guess, inForm, tried }, problem) => {
  const goal = { title: guess.title, ...store.goals.get(id), id };
  suppose(id, guess, false);
  if (problem.status === 412 || problem.status === 404) await readOne(id).catch(() => {});
  if (!inForm || tried) tell(goal, problem);
};

/** Takes up what `user` did here and is not sent yet. */
export async function resume(user) {
  (await begin(user)).forEach(({ goal, guess }) => suppose(goal, guess));
  await flush();
}

const now = () => new Date().toISOString();

const patch = (id, body, guess = body) => write(id, { method: 'PATCH', path: `goals/${id}`, body }, guess);

const remove = (id) => write(id, { method: 'DELETE', path: `goals/${id}` }, { deleted_at: now() });

const restore = (id) => write(id, { method: 'POST', path: `goals/${id}/restore` }, { deleted_at: null });

const archive = (id, archived) => patch(id, { archived }, { archived, archived_at: archived ? now() : null });

const setStatus = (id, status) => patch(id, { status }, {
  status,
  closed_at: known(status).closed ? now() : null,
  health: status === 'achieved' ? 'done' : 'unknown',
  allowed_transitions: known(status).transitions,
});

// A refusal says why, and shows the other goal when that is the reason.
function tell({ title }, problem) {
  if (problem.status === 412) toast(t('said.elsewhere', { title }), { tone: 'bad' });
  else if (problem.code !== 'duplicate_goal') sayProblem(problem);
  else sayProblem(problem, { label: t('do.open_existing'), run: () => { location.hash = `#/goals/${problem.body.existing_id}`; } });
}

/** Whether it is check-ins that it is measured by. */
export const hasLog = ({ measure }) => ['metric', 'habit'].includes(measure?.kind);

/** Whether check-ins count for it now. */
export const takesCheckIns = (goal) => hasLog(goal) && goal.status === 'active' && !goal.deleted_at;

// Where a goal is likely to stand after a check-in.
function after({ measure, current, progress }, { value }) {
  const { kind, start, target, amount, fold, bound } = measure;
  const now = fold === 'last' ? value : (current ?? start ?? 0) + (value ?? 1);
  const share = kind === 'metric' ? (now - start) / (target - start) : now / (amount || 1);
  return { current: now, progress: bound === 'at_most' ? progress : Math.min(1, Math.max(0, share)) };
}

const logOf = ({ id }) => `goals/${id}/check-ins`;

/** Takes a check-in out of the log. */
export function uncheck(goal, entry) {
  push({ method: 'DELETE', path: `${logOf(goal)}/${entry}`, goal: goal.id, guess: {}, version: null }).catch(() => {});
}

/** Adds a check-in; problems are the caller's, as in `create`. */
export async function checkIn(goal, entry) {
  const body = { id: newId(), ...entry };
  await sendForm({ method: 'POST', path: logOf(goal), body, goal: goal.id, version: null }, after(goal, entry));
  act(goal, 'check_in', () => {}, () => uncheck(goal, body.id));
}

/** Ticks a step of a checklist, or takes the tick away; the box itself says it. */
export function tick(goal, step) {
  const items = goal.measure.items.map((one) => (one.id === step.id ? { ...one, done_on: one.done_on ? null : today() } : one));
  const done = items.filter((one) => one.done_on).length;
  const guess = { measure: { ...goal.measure, items }, current: done, progress: done / items.length };
  patch(goal.id, { ticks: { [step.id]: !step.done_on } }, guess);
}

/** Takes back the change of a goal that made `version`, as a change of its own. */
export function takeBack(goal, version) {
  push({ method: 'POST', path: `goals/${goal.id}/undo?version=${version}`, goal: goal.id, guess: {}, version: null }).catch(() => {});
}

/** Does a change, says it, and offers to take it back. */
function act(goal, name, change, undo) {
  change();
  toast(t(`said.${name}`, goal), undo && { label: t('do.undo'), run: undo });
}

const verb = (goal, status) => {
  if (status !== 'active') return status;
  return isClosed(goal) ? 'reopen' : goal.status === 'paused' ? 'resume' : 'start';
};

function move(goal, status) {
  const { id, status: before } = goal;
  // From a closed status the way back to a pause leads through active; none leads to a draft.
  const back = known(status).transitions.includes(before) ? [before] : ['active', before];
  act(goal, verb(goal, status), () => setStatus(id, status), before !== 'draft' && (() => back.forEach((next) => setStatus(id, next))));
}

// What is gone for good cannot come back, so it goes when Undo is no longer offered.
function purge(goal) {
  const guess = { purged: true };
  suppose(goal.id, guess);
  toast(t('said.purge', goal), {
    label: t('do.undo'),
    run: () => suppose(goal.id, guess, false),
    gone: (leaving) => {
      push({ method: 'POST', path: `goals/${goal.id}/purge`, goal: goal.id, guess, keepalive: leaving, version: null }).catch(() => {});
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

// A goal as it is likely to be once it is stored.
const provisional = (draft) => ({
  description: '', status: 'active', start: null, deadline: null, priority: store.meta.priorities[0], color: null, icon: null, tags: [],
  version: 0, created_at: now(), updated_at: now(), closed_at: null, archived_at: null, deleted_at: null, progress: 0, current: null,
  health: 'unknown', days_ahead: null, allowed_transitions: known(draft.status ?? 'active').transitions, attributes: {}, ...draft,
});

// Sends what a form says; a refusal is the form's to show, while it is open.
async function sendForm(request, guess) {
  const answer = await push({ ...request, guess, inForm: true });
  if (!answer) suppose(request.goal, guess);
  return store.goals.get(request.goal);
}

/** Creates a goal and answers it; problems are the caller's, who has the form to show them in. */
export async function create(draft) {
  const body = { id: newId(), ...draft };
  const goal = await sendForm({ method: 'POST', path: 'goals', body, goal: body.id, version: null }, provisional(body));
  act(goal, 'create', () => {}, () => remove(goal.id));
  return goal;
}

/** Saves an edit that was based on `base`; problems are the caller's, as in `create`. */
export async function save(base, change) {
  const { id } = base;
  const attributes = Object.fromEntries(Object.entries({ ...base.attributes, ...change.attributes }).filter(([, value]) => value !== null));
  const request = { method: 'PATCH', path: `goals/${id}`, body: change, goal: id, version: isWaiting(id) ? null : base.version };
  const goal = await sendForm(request, { ...change, attributes });
  const back = Object.fromEntries(Object.keys(change).map((name) => [name, base[name]]));
  const added = Object.keys(change.attributes ?? {}).map((key) => [key, null]);
  const body = { ...back, ...(back.attributes && { attributes: { ...Object.fromEntries(added), ...base.attributes } }) };
  act(goal, 'save', () => {}, () => patch(id, body, back));
}
