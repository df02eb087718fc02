// The JSON API, seen from the page.

import { maybe, plural, t } from './i18n.js';

// The document says where the page is mounted; the API lies beside it.
const BASE = new URL('api/v1/', document.baseURI);

/** An answer that is no success; `status` is 0 when there was no answer at all. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail ?? status);
    Object.assign(this, { status, body, code: body?.code, errors: body?.errors ?? [] });
  }

  /** What happened, in the person's language. */
  get words() {
    if (this.retryAfter && this.code === 'throttled') return plural('problem.throttled', this.retryAfter);
    return maybe(`problem.${this.code}`, this.body) ?? ((this.status < 500 && this.body?.detail) || t('problem.unknown'));
  }
}

/** What one field is refused for, in the person's language. */
export const fieldWords = ({ pointer, code, params, detail }) => (
  maybe(`error.${code}${pointer.replace('/', '.')}`, params) ?? maybe(`error.${code}`, params) ?? detail
);

/** What the page does when the server does not know who asks, and when it is (not) reached. */
export const on = { signedOut() {}, reached() {} };

/**
 * Asks the API for JSON, null when there is none. `version` is the one a write is
 * based on; `keepalive` lets it outlive the page.
 */
export async function ask(method, path, { body, version, query, keepalive } = {}) {
  const headers = {};
  if (body) headers['Content-Type'] = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  if (version) headers['If-Match'] = version === '*' ? version : `"${version}"`;
  let answer;
  let text;
  try {
    const url = new URL(query ? `${path}?${new URLSearchParams(query)}` : path, BASE);
    answer = await fetch(url, { method, headers, body: JSON.stringify(body), keepalive, signal: AbortSignal.timeout(20_000) });
    text = await answer.text();
  } catch {
    on.reached(false);
    throw new Problem(0, { code: 'offline' });
  }
  on.reached(true);
  const json = parsed(text);
  if (answer.ok) return json;
  const problem = new Problem(answer.status, json);
  problem.retryAfter = Number(answer.headers.get('Retry-After'));
  if (problem.code === 'unauthenticated') on.signedOut();
  throw problem;
}

// A proxy may answer with anything.
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
