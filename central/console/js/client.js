// The REST contract: one call, one kind of failure.

let csrf = null;

/** "signed-out" is heard when the server no longer knows the session. */
export const client = new EventTarget();

/** A call that failed. `status` 0: the server wasn't reached. */
export class Problem extends Error {
  constructor(status, { type = "", detail = "", errors = [] } = {}) {
    super(detail || `HTTP ${status}`);
    this.status = status;
    this.kind = type.split(":").at(-1);
    this.detail = detail;
    this.fields = errors.map(({ field }) => field.split(".").at(-1));
  }
}

export function rememberCsrf(token) {
  csrf = token;
}

/**
 * Call the API; JSON in, JSON out (null for 204).
 * @throws {Problem}
 */
export async function call(method, path, body) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Problem(0);
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  if (answer.status === 401 && path !== "/api/session") client.dispatchEvent(new Event("signed-out"));
  const problem = await answer.json().catch(() => ({}));
  throw new Problem(answer.status, problem);
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body);
