// Writes on their way to the server: one after the other and each once, whatever becomes of the
// network or the page meanwhile. Until it is answered each is kept on this device, by person.

import { ask } from './api.js';

const PREFIX = 'goals.queue.';
const RETRY = 10_000;

/** What follows an answer, or a refusal that nobody waits for; and a change of how many wait. */
export const follow = { sent() {}, refused() {}, waiting() {} };

let owner;
let page;
let leave = () => {};
let writes = [];
let sending = null;
let timer;

/** Whether one of them changes this goal. */
export const isWaiting = (goal) => writes.some((write) => write.goal === goal);

const ownKeys = () => Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX}${owner}.`)).sort();

// What is only of use while this page lives is not kept.
function keep({ key, settle, ...kept }) {
  localStorage.setItem(key, JSON.stringify(kept));
}

function drop(write) {
  writes = writes.filter((other) => other !== write);
  localStorage.removeItem(write.key);
}

/** An id that orders by time, as the server's own do. */
export function newId() {
  const hex = [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-8${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
}

// ---- Sending ----

const isScalar = (value) => value === null || typeof value !== 'object';

// An answer can be lost although the write was not. Then the next attempt is refused, and what is
// stored shows why: it is what this write made.
async function lost(write, problem) {
  const stored = () => ask('GET', `goals/${write.goal}`);
  if (problem.code === 'id_taken' || problem.body?.existing_id === write.goal) return stored();
  if (!write.tried) throw problem;
  if (problem.status === 404 && write.path.endsWith('/purge')) return null;
  if (problem.status === 404 && write.method === 'DELETE' && isOfLog(write)) return stored();
  if (problem.status !== 412) throw problem;
  const goal = await stored();
  const made = goal.version === write.version + 1 && Object.entries(write.body ?? {})
    .every(([name, value]) => !isScalar(value) || goal[name] === value);
  if (!made || (write.method === 'DELETE' && !goal.deleted_at)) throw problem;
  return goal;
}

const isOfLog = ({ path }) => path.includes('/check-ins');

async function send(write) {
  const { method, path, body, keepalive } = write;
  const version = method === 'POST' || isOfLog(write) ? null : write.version ?? '*';
  try {
    const answer = await ask(method, path, { body, keepalive, version });
    // What is answered is the entry; what the page shows is its goal.
    return isOfLog(write) ? await ask('GET', `goals/${write.goal}`) : answer;
  } catch (problem) {
    if (problem.status === 0) throw problem;
    return lost(write, problem);
  }
}

// The next change of the same goal is based on this one; on what this one was based on, if it was refused.
function rebase({ goal, version }, answer) {
  const next = writes.find((write) => write.goal === goal && write.version === null);
  if (!next) return;
  next.version = answer?.version ?? version;
  keep(next);
}

// Answers whether the network stopped it.
async function sendAll() {
  const here = page;
  while (writes.length) {
    const [write] = writes;
    try {
      const answer = await send(write);
      if (page !== here) return true;
      drop(write);
      rebase(write, answer);
      follow.sent(write, answer);
      write.settle?.(answer ?? true);
    } catch (problem) {
      if (page !== here || problem.status === 0) return true;
      // Whoever comes back goes on; a form that is open says it, and keeps what was typed.
      if (problem.code === 'unauthenticated' && !(write.inForm && write.settle)) return true;
      drop(write);
      rebase(write);
      write.settle?.(Promise.reject(problem));
      await follow.refused(write, problem);
    }
  }
  return false;
}

async function run() {
  const stopped = await sendAll();
  sending = null;
  if (!stopped && writes.length) return flush();
  for (const write of writes) {
    write.tried = true;
    keep(write);
    // Who asked for the answer need not wait for the network.
    write.settle?.(null);
    delete write.settle;
  }
  if (writes.length) timer = setTimeout(flush, RETRY);
  return follow.waiting(writes.length);
}

/** Sends what waits, as far as the network goes. */
export function flush() {
  clearTimeout(timer);
  sending ??= run();
  return sending;
}

/**
 * Sends `{method, path, body, goal, guess, version}` after all others: the answer, null when it
 * waits for the network, or the problem that it is refused with.
 */
export function push(write) {
  Object.assign(write, { key: `${PREFIX}${owner}.${newId()}`, page });
  writes.push(write);
  keep(write);
  const answer = new Promise((settle) => { write.settle = settle; });
  flush();
  return answer;
}

/** Does `job` when everything before it is sent, or waits for the network. */
export async function inOrder(job) {
  if (writes.length) await flush();
  return job();
}

// ---- Whose they are ----

/** Takes over what pages that are gone have left behind, and answers it. */
async function adopt() {
  const take = async () => {
    const held = (await navigator.locks?.query())?.held.map(({ name }) => name) ?? [];
    const orphans = ownKeys().map((key) => ({ key, ...JSON.parse(localStorage.getItem(key)) }))
      .filter((write) => write.page !== page && !held.includes(write.page));
    orphans.forEach((write) => keep(Object.assign(write, { page, tried: true })));
    return orphans;
  };
  return navigator.locks ? navigator.locks.request(`${PREFIX}adopt`, take) : take();
}

/** From now on the writes are those of `user`; answers those that were left behind. */
export async function begin(user) {
  owner = user.id;
  page = `${PREFIX}page.${newId()}`;
  navigator.locks?.request(page, () => new Promise((done) => { leave = done; }));
  const found = await adopt();
  writes.push(...found);
  return found;
}

/** Forgets the person's writes; what waits stays on this device unless it is to be wiped. */
export function end(wipe) {
  clearTimeout(timer);
  if (wipe) ownKeys().forEach((key) => localStorage.removeItem(key));
  writes = [];
  page = null;
  leave();
}
