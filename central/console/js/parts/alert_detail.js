// One alert, laid out for the decision: is this the plate, and what is to be done.

import { data, h, replace } from "../dom.js";
import { percent, t, term } from "../language.js";
import { time } from "../time.js";
import { enlarge, evidence, plateCrop, scene } from "./evidence.js";
import { facts } from "./facts.js";
import { laneAndDirection } from "./lane.js";
import { lattice } from "./lattice.js";
import { orderPlate, plateChip } from "./plate.js";
import { StepBar } from "./steps.js";

export class AlertDetail {
  element = h("article", { class: "alert-detail" });
  steps;
  #alert = null;
  #state = h("span", {});
  #history = h("ol", { class: "history" });

  constructor(taken) {
    this.steps = new StepBar(taken);
  }

  /** Show an alert. Only what changed is drawn again: the pictures and a form being filled in stay. */
  show(alert) {
    const before = this.#alert;
    if (alert === before) return;
    this.#alert = alert;
    // A repeat hit brings another picture to compare.
    if (before?.alert_id !== alert.alert_id || before.passage.passage_id !== alert.passage.passage_id) this.#draw(alert);
    replace(this.#state, h("span", { class: `tag state-${alert.state}` }, t(`alert_state.${alert.state}`)));
    replace(this.#history, moment(alert.raised_at, null, t("alert_state.raised"), null), alert.steps.map(line));
    this.steps.show(alert);
  }

  openScene() {
    if (this.#alert?.passage.evidence.scene) enlarge(this.#alert.passage);
  }

  #draw(alert) {
    const { order, passage } = alert;
    const { plate } = passage;
    this.element.dataset.alert = alert.alert_id;
    replace(
      this.element,
      order.danger_note && h("div", { class: "danger", role: "note" }, h("strong", {}, t("danger.title")), data(order.danger_note)),
      h("header", { class: "alert-head" },
        h("span", { class: `priority priority-${alert.priority}` }, t("priority.n", { n: alert.priority })),
        this.#state,
        h("span", { class: `tag tier-${alert.tier}` }, term("tier", alert.tier)),
        h("span", { class: "alert-where" }, data(passage.checkpoint.name))),
      h("div", { class: "comparison" },
        h("div", { class: "comparison-text" },
          plate ? plateChip(plate, "huge") : h("p", { class: "muted" }, t("plate.unread"))),
        h("div", { class: "comparison-picture" }, plateCrop(passage))),
      plate && h("div", { class: "reading" },
        lattice(plate, order.plate),
        plate.text !== order.plate && h("p", { class: "wanted" }, t("alert.wanted"), " ", plateChip(orderPlate(order)))),
      this.steps.element,
      h("div", { class: "alert-columns" },
        h("section", { class: "alert-facts", "aria-label": t("alert.passage") },
          h("h3", {}, t("alert.order")),
          facts([
            ["field.reason", data(order.reason)],
            ["field.priority", h("span", {}, t("priority.n", { n: order.priority }))],
            ["field.case_number", data(order.case_number)],
            ["field.contact", data(order.contact)],
            ["field.instructions", order.instructions && data(order.instructions)],
          ]),
          h("h3", {}, t("alert.passage")),
          facts([
            ["field.captured_at", time(passage.captured_at, { millis: true })],
            ["field.checkpoint", data(passage.checkpoint.name)],
            ["field.lane", laneAndDirection(passage)],
            ["field.confidence", plate && h("span", {}, percent(plate.confidence, 1), " ", h("span", { class: "muted" }, t("frames.n", { n: plate.frames })))],
            ["field.tier", h("span", {}, term("tier", alert.tier), " ", h("span", { class: "muted" }, t("score.n", { n: percent(alert.score, 1) })))],
            ["field.plate_class", plate && h("span", {}, term("class", plate.plate_class), " · ", term("colour", plate.colour))],
            ["field.speed", passage.speed_kmh === null ? null : h("span", {}, t("speed.kmh", { n: Math.round(passage.speed_kmh) }))],
            ["field.clock", term("clock", passage.clock)],
          ])),
        h("section", { class: "alert-pictures", "aria-label": t("evidence.title") },
          h("h3", {}, t("evidence.scene")),
          scene(passage, { onopen: () => enlarge(passage) }),
          passage.evidence.vehicle && h("h3", {}, t("evidence.vehicle")),
          passage.evidence.vehicle && evidence(passage.evidence.vehicle, t("evidence.vehicle"), { shape: "vehicle" }),
          alert.passage_count > 1 && h("h3", {}, t("alert.passages", { n: alert.passage_count })),
          alert.passage_count > 1 && h("ol", { class: "history" }, alert.passages.map((seen) => moment(seen.captured_at, null, seen.checkpoint.name, null))),
          alert.elsewhere > 0 && h("p", { class: "muted" }, t("alert.elsewhere", { n: alert.elsewhere })),
          h("h3", {}, t("alert.history")),
          this.#history)),
    );
  }
}

function moment(at, user, what, words) {
  return h("li", {}, time(at), " ", h("strong", {}, what), user && [" ", data(user)], words && h("p", { class: "history-words" }, data(words)));
}

function line({ at, user, name, step, verdict, unit, addressee, note }) {
  const what = t(`step.${step === "verify" ? verdict : step}`);
  return moment(at, name === user ? user : `${name} (${user})`, what, [unit, addressee, note].filter(Boolean).join(" · "));
}
