// The steps an alert allows this user, as buttons with keys. What ends or records something asks for words first.

import { get, post, Problem } from "../client.js";
import { isOpen } from "../desk.js";
import { h, replace } from "../dom.js";
import { t } from "../language.js";
import { complaint } from "./states.js";

// key: pressed on the keyboard. asks: the field that is shown first; it may stay empty unless `needed`.
export const ACTIONS = [
  { id: "sign_off", step: "sign_off", key: "s", tone: "good" },
  { id: "correct", step: "verify", verdict: "correct", key: "c", tone: "good" },
  { id: "cannot_tell", step: "verify", verdict: "cannot_tell", key: "t", asks: "note" },
  { id: "dispatch", step: "dispatch", key: "d", tone: "good", asks: "unit", needed: true },
  { id: "intercepted", step: "intercepted", key: "i", tone: "good", asks: "note" },
  { id: "missed", step: "missed", key: "x", asks: "note" },
  { id: "not_needed", step: "not_needed", key: "u", asks: "note" },
  { id: "feedback", step: "feedback", key: "f", tone: "good", asks: "note", needed: true },
  { id: "close", step: "close", key: "e", asks: "note" },
  { id: "misread", step: "verify", verdict: "misread", key: "m", tone: "bad", asks: "note" },
];

/** The units that can be sent, by their ids; without them one types what they are called. */
async function offerUnits(list) {
  try {
    const { units } = await get("/api/units");
    replace(list, units.map(({ unit_id, name, team }) => h("option", { value: unit_id, label: [name, team].filter(Boolean).join(" · ") })));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
  }
}

export class StepBar {
  element = h("div", { class: "steps", tabindex: "-1" });
  #alert = null;
  #taken;
  #buttons = h("div", { class: "steps-buttons", role: "group" });
  #form = h("div", { class: "steps-form" });
  #busy = false;

  /** `taken` is given the alert as the server answers it. */
  constructor(taken) {
    this.#taken = taken;
    this.element.append(this.#buttons, this.#form);
  }

  /** Show what this alert allows. A form that is being filled in stays, while its step is still allowed. */
  show(alert) {
    const same = this.#alert?.alert_id === alert.alert_id;
    const steps = alert.may.join();
    if (same && steps === this.#alert.may.join() && alert.state === this.#alert.state) {
      this.#alert = alert;
      return;
    }
    this.#alert = alert;
    this.#wait(false); // the live event may come before the answer to the step: it is done all the same
    const focused = this.element.contains(document.activeElement);
    replace(this.#form);
    this.#buttons.setAttribute("aria-label", t("steps.title"));
    const allowed = ACTIONS.filter(({ step, verdict }) => alert.may.includes(step) && (!verdict || alert.may_verdicts.includes(verdict)));
    const none = isOpen(alert) ? "steps.none.others" : "steps.none.ended";
    replace(this.#buttons, allowed.length ? allowed.map((action) => this.#button(action, again(action, alert) ? "plain" : action.tone)) : h("p", { class: "muted" }, t(none)));
    // To the bar, not to the next button: a key held too long must not take the next step.
    if (focused && same) this.element.focus();
  }

  /** The keyboard's way to a button; does nothing where the step is not allowed. */
  press(id) {
    this.#buttons.querySelector(`[data-action="${id}"]`)?.click();
  }

  #button(action, tone = "plain") {
    return h(
      "button",
      { class: `button step step-${tone}`, type: "button", "data-action": action.id, onclick: () => (action.asks ? this.#ask(action) : this.#take(action)) },
      t(`step.${action.id}`),
      h("kbd", { "aria-hidden": "true" }, action.key.toUpperCase()),
    );
  }

  #ask(action) {
    const units = h("datalist", { id: "step-units" });
    if (action.asks === "unit") offerUnits(units);
    const field = h(action.asks === "unit" ? "input" : "textarea", {
      id: "step-field", list: action.asks === "unit" ? "step-units" : null, name: action.asks, required: action.needed === true, maxlength: 500, rows: 2, autocomplete: "off",
      onkeydown: (event) => {
        if (event.key === "Escape") replace(this.#form);
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          form.requestSubmit();
        }
      },
    });
    const form = h(
      "form",
      {
        class: "step-form",
        onsubmit: (event) => {
          event.preventDefault();
          this.#take(action, { [action.asks]: field.value.trim() || undefined });
        },
      },
      h("label", { for: "step-field" }, t(`step.${action.id}.ask`)),
      field,
      units,
      h("div", { class: "row" },
        h("button", { class: `button step-${action.tone ?? "plain"}`, type: "submit" }, t("confirm"), h("kbd", { "aria-hidden": "true" }, "↵")),
        h("button", { class: "button", type: "button", onclick: () => replace(this.#form) }, t("cancel"), h("kbd", { "aria-hidden": "true" }, "Esc")),
      ),
    );
    replace(this.#form, form);
    field.focus();
  }

  async #take({ step, verdict }, words = {}) {
    if (this.#busy) return;
    const { alert_id, order } = this.#alert;
    const form = this.#form.firstElementChild;
    this.#wait(true);
    try {
      this.#taken(await post(`/api/alerts/${encodeURIComponent(alert_id)}/steps`, { step, verdict, seen_steps: this.#alert.steps.length, ...words }));
      form?.remove(); // this one: meanwhile the next may have been opened
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const gone = this.#alert.alert_id !== alert_id; // the operator went on to another alert
      this.#form.querySelector(".complaint")?.remove();
      this.#form.append(complaint(problem, gone ? order.plate_display : null));
    } finally {
      this.#wait(false);
    }
  }

  #wait(busy) {
    this.#busy = busy;
    this.element.toggleAttribute("aria-busy", busy);
  }
}

/** A second look is possible but no longer what comes next. */
function again({ verdict }, { state }) {
  return verdict === "correct" && state === "verified";
}
