// Signing in. A refusal says no more than the server does: which of name and password was wrong stays untold.

import { get, Problem } from "../client.js";
import { h, replace } from "../dom.js";
import { t } from "../language.js";
import { changePassword, signIn } from "../session.js";
import { languageSwitch, themeSwitch } from "../parts/switches.js";
import { complaint } from "../parts/states.js";

/** `entered` is called with the user; `note` (a key) says why one has to sign in again; `typed`: the name so far. */
export function loginPage(root, { entered, note = null, typed = "" }) {
  const username = h("input", { id: "username", name: "username", type: "text", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true, maxlength: 64, value: typed });
  const password = h("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true, maxlength: 256 });
  const place = h("div", { class: "complaint-place" }, note && h("p", { class: "notice", role: "status" }, t(note)));
  const button = h("button", { class: "button button-main button-wide", type: "submit" }, t("login.enter"));

  const elsewhere = h("p", { class: "hint" });

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      const user = await signIn(username.value.trim(), password.value);
      if (user.must_change_password) changePage(root, { entered, old: password.value });
      else entered(user);
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
      elsewhere,
      h("p", { class: "hint" }, t("login.hint")))));
  offerSignOn(elsewhere);
  (typed ? password : username).focus();
}

/** A way to the identity provider, where there is one. */
async function offerSignOn(place) {
  const found = await get("/api/sign-on").catch(() => ({ available: false }));
  if (found.available) replace(place, h("a", { href: "/api/sign-on/start" }, t("login.elsewhere", { name: found.name })));
}

/** A first password is changed before anything else. */
function changePage(root, { entered, old }) {
  const fresh = h("input", { id: "new-password", type: "password", autocomplete: "new-password", required: true, minlength: 10, maxlength: 256 });
  const place = h("div", { class: "complaint-place" });

  async function submit(event) {
    event.preventDefault();
    try {
      entered(await changePassword(old, fresh.value));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      replace(place, complaint(problem));
      fresh.focus();
    }
  }

  replace(root, h("main", { class: "login" },
    h("form", { class: "login-card", onsubmit: submit },
      h("h1", {}, t("brand")),
      h("p", { class: "muted" }, t("login.first")),
      h("div", { class: "field" }, h("label", { for: "new-password" }, t("login.fresh")), fresh),
      place,
      h("button", { class: "button button-main button-wide", type: "submit" }, t("login.change")))));
  fresh.focus();
}
