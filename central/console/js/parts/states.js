// What a panel shows when it has nothing to show: waiting, empty, failed, not allowed.

import { data, h } from "../dom.js";
import { known, t } from "../language.js";

export function loading() {
  return h("div", { class: "state state-loading", role: "status" }, h("span", { class: "spinner", "aria-hidden": "true" }), t("state.loading"));
}

/** `key` names the text that says what would be here, and what to do for it. */
export function empty(key) {
  return h("div", { class: "state state-empty" }, h("p", { class: "state-head" }, t(key)), h("p", {}, t(`${key}.hint`)));
}

export function denied() {
  return h(
    "div",
    { class: "state state-denied" },
    h("p", { class: "state-head" }, t("state.denied")),
    h("p", {}, t("state.denied.hint")),
  );
}

/** What a failed call means, in the user's words; the server's own words beside it. */
export function problemText(problem) {
  if (known(`problem.kind.${problem.kind}`)) return t(`problem.kind.${problem.kind}`);
  const words = { 0: "unreachable", 403: "denied", 404: "gone", 409: "conflict", 413: "large", 422: "invalid", 429: "throttled", 503: "away" };
  return t(`problem.${words[problem.status] ?? "unexpected"}`);
}

/** A failed load, with a button that tries again; no right is no failure. */
export function failed(problem, again = null) {
  if (problem.status === 403) return denied();
  return h(
    "div",
    { class: "state state-failed", role: "alert" },
    h("p", { class: "state-head" }, problemText(problem)),
    problem.detail && h("p", {}, t("problem.server_says"), " ", data(problem.detail)),
    again && h("button", { class: "button", type: "button", onclick: again }, t("again")),
  );
}

/** A failed command, as a line beside its button; `about` names what it was for where that isn't seen. */
export function complaint(problem, about = null) {
  return h(
    "p",
    { class: "complaint", role: "alert" },
    about && [data(about), " "],
    problemText(problem),
    problem.detail && [h("br"), data(problem.detail, { class: "server-words" })],
  );
}
