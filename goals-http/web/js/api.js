// The JSON API, seen from the page.

import { has, plural, t } from './i18n.js';

// The document says where the page is mounted; the API lies beside it.
const BASE = new URL('api/v1/', document.baseURI);
const PATIENCE = 20_000;

/** An answer that is not a success. `status` is 0 when there was no answer at all. */
export class Problem extends Error {
  constructor(status, body = {}, retryAfter = null) {
    super(body.detail ?? body.title ?? body.code ?? String(status));
    this.status = status;
    this.body = body;
    this.code = body.code ?? 'unknown';
    this.errors = body.errors ?? [];
    this.retryAfter = retryAfter;
  }

  /** What happened, in the person's language. */
  get words() {
    if (this.code === 'throttled' && this.retryAfter) return plural('problem.throttled', this.retryAfter);
    const key = `problem.${this.code}`;
    return has(key) ? t(key, this.body) : this.body.detail ?? t('problem.unknown');
  }
}

/** What one field is refused for, in the person's language. */
export function fieldWords({ code, params, detail }) {
  const key = `error.${code}`;
  return has(key) ? t(key, params ?? {}) : detail;
}

let signedOut = () => {};
let reach = () => {};

/** Calls `listener` whenever the server no longer knows who asks. */
export const onSignedOut = (listener) => { signedOut = listener; };

/** Tells `listener` after every request whether the server could be reached. */
export const onReach = (listener) => { reach = listener; };

// Something between the page and the server may answer with anything.
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Asks the API and answers the JSON body, or null without one.
 * `version` is the one the write is based on; `last` lets it outlive the page.
 */
export async function ask(method, path, { body, version, query, last = false } = {}) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  const headers = {};
  if (body) headers['Content-Type'] = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  if (version !== undefined) headers['If-Match'] = `"${version}"`;
  let answer;
  let json;
  try {
    answer = await fetch(url, {
      method,
      headers,
      body: body && JSON.stringify(body),
      keepalive: last,
      signal: AbortSignal.timeout(PATIENCE),
    });
    json = parsed(await answer.text());
  } catch {
    reach(false);
    throw new Problem(0, { code: 'offline' });
  }
  reach(true);
  if (answer.ok) return json;
  const problem = new Problem(answer.status, json ?? {}, Number(answer.headers.get('Retry-After')) || null);
  if (problem.status === 401 && problem.code !== 'bad_credentials') signedOut();
  throw problem;
}
