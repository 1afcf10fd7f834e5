// Who is at the desk, and what the page offers them. What they may do is the server's decision alone.

import { call, get, post, rememberCsrf } from "./client.js";

let user = null;

export function whoami() {
  return user;
}

export function hasRole(...roles) {
  return user !== null && roles.some((role) => user.roles.includes(role));
}

function enter(session) {
  user = session.user;
  rememberCsrf(session.csrf);
  return user;
}

/** Take up the session that the cookie names; null where there is none. */
export async function resume() {
  try {
    const session = await get("/api/session");
    // Nothing is open to them before they have changed it, for which they must type it.
    return session.user.must_change_password ? null : enter(session);
  } catch (problem) {
    if (problem.status === 401) return null;
    throw problem;
  }
}

export async function signIn(username, password) {
  return enter(await post("/api/session", { username, password }));
}

/** One's own; nothing else is open to somebody with a first password. */
export async function changePassword(old, fresh) {
  await post("/api/session/password", { old, new: fresh });
  user = { ...user, must_change_password: false };
  return user;
}

export async function signOut() {
  try {
    await call("DELETE", "/api/session");
  } finally {
    forget();
  }
}

export function forget() {
  user = null;
  rememberCsrf(null);
}
