// Who is at the desk. What they may do is the server's decision alone.
import { createStore } from "../base/store";
import { answer, api, Problem, rememberCsrf } from "./client";
import type { Role, User } from "./types";

/** All there are, as they are listed. */
export const ROLES: readonly Role[] = [
  "operator",
  "applicant",
  "emergency",
  "approver",
  "investigator",
  "supervisor",
  "auditor",
  "administrator",
  "patrol",
];

export const session = createStore<User | null>(null);

export function hasRole(user: User, ...roles: Role[]): boolean {
  return roles.some((role) => user.roles.includes(role));
}

/** Take up the session that the cookie names; null where there is none. @throws {Problem} */
export async function resume(): Promise<User | null> {
  try {
    const { user, csrf } = await answer(api.GET("/api/session"));
    // Nothing is open to them before they have changed it, for which they must type it.
    if (user.must_change_password) return null;
    rememberCsrf(csrf);
    return user;
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 401) return null;
    throw problem;
  }
}

/** Who signed in; `session` is set by who called, once nothing stands in the way. @throws {Problem} */
export async function signIn(username: string, password: string): Promise<User> {
  const { user, csrf } = await answer(api.POST("/api/session", { body: { username, password } }));
  rememberCsrf(csrf);
  return user;
}

/** One's own; nothing else is open to somebody with a first password. @throws {Problem} */
export async function changePassword(user: User, old: string, fresh: string): Promise<User> {
  await answer(api.POST("/api/session/password", { body: { old, new: fresh } }));
  return { ...user, must_change_password: false };
}

/** @throws {Problem} the session may live on at the server until it expires */
export async function signOut(): Promise<void> {
  try {
    await answer(api.DELETE("/api/session"));
  } finally {
    rememberCsrf(null);
  }
}
