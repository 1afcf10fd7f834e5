// Signing in. A refusal says no more than the server does: which of name and password was wrong stays untold.

import { Problem } from "../client.js";
import { h, replace } from "../dom.js";
import { t } from "../language.js";
import { signIn } from "../session.js";
import { languageSwitch, themeSwitch } from "../parts/switches.js";
import { complaint } from "../parts/states.js";

/** `entered` is called with the user; `note` (a key) says why one has to sign in again; `typed`: the name so far. */
export function loginPage(root, { entered, note = null, typed = "" }) {
  const username = h("input", { id: "username", name: "username", type: "text", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true, maxlength: 64, value: typed });
  const password = h("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true, maxlength: 256 });
  const place = h("div", { class: "complaint-place" }, note && h("p", { class: "notice", role: "status" }, t(note)));
  const button = h("button", { class: "button button-main button-wide", type: "submit" }, t("login.enter"));

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      entered(await signIn(username.value.trim(), password.value));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const wrong = problem.status === 401;
      replace(place, wrong ? h("p", { class: "complaint", role: "alert" }, t("login.wrong")) : complaint(problem));
      password.value = "";
      (wrong ? password : button).focus();
    } finally {
      button.disabled = false;
    }
  }

  replace(root, h("main", { class: "login" },
    h("div", { class: "login-switches" }, languageSwitch(), themeSwitch()),
    h("form", { class: "login-card", onsubmit: submit },
      h("img", { src: "favicon.svg", alt: "", width: 48, height: 48 }),
      h("h1", {}, t("brand")),
      h("p", { class: "muted" }, t("login.what")),
      h("div", { class: "field" }, h("label", { for: "username" }, t("login.username")), username),
      h("div", { class: "field" }, h("label", { for: "password" }, t("login.password")), password),
      place,
      button,
      h("p", { class: "hint" }, t("login.hint")))));
  (typed ? password : username).focus();
}
