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
    return enter(await get("/api/session"));
  } catch (problem) {
    if (problem.status === 401) return null;
    throw problem;
  }
}

export async function signIn(username, password) {
  return enter(await post("/api/session", { username, password }));
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
