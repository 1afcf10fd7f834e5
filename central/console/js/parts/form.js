// Labelled fields, and forms that keep what was typed when the page is drawn again in the other language.

import { h } from "../dom.js";
import { t } from "../language.js";
import { Problem } from "../client.js";
import { complaint } from "./states.js";

const kept = new Map(); // name of the form → [[field, value], …]

/** A label with its field. `hint` stands below; `wide` takes the whole row. */
export function field(name, control, { hint = null, required = false, wide = false } = {}) {
  const id = `field-${name}`;
  control.id = id;
  control.name ||= name;
  if (required) control.required = true;
  const hintId = hint ? `${id}-hint` : null;
  if (hintId) control.setAttribute("aria-describedby", hintId);
  return h(
    "div",
    { class: `field${wide ? " field-wide" : ""}` },
    h("label", { for: id }, t(`field.${name}`), required && h("span", { class: "required", title: t("required") }, " *")),
    control,
    hint && h("p", { class: "hint", id: hintId }, hint),
  );
}

export function text(attributes = {}) {
  return h("input", { type: "text", autocomplete: "off", maxlength: 200, ...attributes });
}

export function longText(attributes = {}) {
  return h("textarea", { rows: 3, maxlength: 2000, autocomplete: "off", ...attributes });
}

/** A set of tick boxes under one heading; `choices`: [[value, node], …]. */
export function ticks(name, choices, { hint = null } = {}) {
  return h(
    "fieldset",
    { class: "field field-wide ticks" },
    h("legend", {}, t(`field.${name}`)),
    h("div", { class: "ticks-row" }, choices.map(([value, label]) => h("label", {}, h("input", { type: "checkbox", name, value }), label))),
    hint && h("p", { class: "hint" }, hint),
  );
}

/** Fill in what the form held when it was last let go. */
export function restore(form, name) {
  for (const [key, value] of kept.get(name) ?? []) {
    for (const control of form.elements) {
      if (control.name !== key) continue;
      if (control.type === "checkbox") control.checked ||= control.value === value;
      else control.value = value;
    }
  }
}

export function keep(form, name) {
  kept.set(name, [...new FormData(form)]);
}

/** `null` forgets all: somebody else sits down. */
export function letGo(name = null) {
  if (name === null) kept.clear();
  else kept.delete(name);
}

/** Mark the fields that were refused; the complaint stands at the first of them, else in `place`. */
function complain(form, place, problem) {
  const names = problem.kind === "plate-error" ? ["plate"] : problem.fields;
  const refused = [...form.elements].filter(({ name }) => names.includes(name));
  refused.forEach((control) => control.setAttribute("aria-invalid", "true"));
  (refused[0]?.closest(".field") ?? place).append(complaint(problem));
  refused[0]?.focus();
}

function settle(form) {
  form.querySelectorAll(".complaint").forEach((element) => element.remove());
  form.querySelectorAll("[aria-invalid]").forEach((control) => control.removeAttribute("aria-invalid"));
}

/** Run a submission once at a time; a refusal is shown in `place` and gives null. */
export async function submitting(form, place, work) {
  const buttons = [...form.querySelectorAll("button")];
  buttons.forEach((button) => (button.disabled = true));
  settle(form);
  try {
    return await work();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    buttons.forEach((button) => (button.disabled = false));
    complain(form, place, problem);
    return null;
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}
