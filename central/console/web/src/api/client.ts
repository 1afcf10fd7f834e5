// The REST contract, typed from the centre's OpenAPI document: one call, one kind of failure.
import createClient from "openapi-fetch";
import type { paths } from "./schema";

export interface FieldProblem {
  field: string;
  problem: string;
}

interface ProblemBody {
  type?: string;
  detail?: string;
  errors?: { field: string; message?: string; problem?: string }[];
}

/** A call that failed. `status` 0: the server wasn't reached. */
export class Problem extends Error {
  readonly status: number;
  /** What kind the server says it is, e.g. "plate-error"; empty where it doesn't. */
  readonly kind: string;
  readonly detail: string;
  /** Names of the fields that were refused. */
  readonly fields: string[];

  constructor(status: number, { type = "", detail = "", errors = [] }: ProblemBody = {}) {
    super(detail || `HTTP ${status}`);
    this.status = status;
    this.kind = type.split(":").at(-1) ?? "";
    this.detail = detail;
    this.fields = errors.map(({ field }) => field.split(".").at(-1) ?? field);
  }
}

let csrf: string | null = null;
let signedOut: () => void = () => undefined;

export function rememberCsrf(token: string | null): void {
  csrf = token;
}

/** What to do when the server no longer knows the session. */
export function onSignedOut(heard: () => void): void {
  signedOut = heard;
}

export const api = createClient<paths>({
  baseUrl: "/",
  // Asked for anew each time: the library would keep the one that there was when this module was read.
  fetch: (request) => globalThis.fetch(request),
});

api.use({
  onRequest({ request }) {
    if (request.method !== "GET" && csrf) request.headers.set("X-CSRF-Token", csrf);
    return request;
  },
});

/**
 * What a call of `api` answers.
 * @throws {Problem}
 */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let said;
  try {
    said = await call;
  } catch {
    throw new Problem(0);
  }
  const { data, error, response } = said;
  if (response.ok) return data as T;
  const problem = new Problem(response.status, typeof error === "object" && error !== null ? error : {});
  // A wrong password ends no session: not at the sign-in, and not where somebody changes theirs.
  const wrong = problem.kind === "bad-credentials" || response.url.endsWith("/api/session");
  if (response.status === 401 && !wrong) signedOut();
  throw problem;
}

/** Anything as a Problem, for what is caught. @throws what isn't one */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}
