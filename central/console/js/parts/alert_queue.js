// The queue of alerts, most urgent first. Rows are kept and moved, not drawn again: a burst must not slow the page.

import { arrange, data, h, replace } from "../dom.js";
import { t, term } from "../language.js";
import { age, time } from "../time.js";
import { plateCrop } from "./evidence.js";
import { laneAndDirection } from "./lane.js";
import { orderPlate, plateChip } from "./plate.js";

export class AlertQueue {
  element = h("ol", { class: "queue", onkeydown: (event) => this.#walk(event) });
  #rows = new Map(); // alert_id → {alert, item, button, age, state}
  #select;
  #selected = null;

  /** `select` is given the id of the alert that the user chose. */
  constructor(select) {
    this.#select = select;
    this.element.setAttribute("aria-label", t("alerts.title"));
  }

  /** Draw these alerts in this order; returns the ids of the rows that are new. */
  show(alerts, selected) {
    this.#selected = selected;
    const shown = new Set();
    const fresh = [];
    const items = alerts.map((alert) => {
      shown.add(alert.alert_id);
      let row = this.#rows.get(alert.alert_id);
      if (!row) {
        row = this.#row(alert);
        this.#rows.set(alert.alert_id, row);
        fresh.push(alert.alert_id);
      }
      if (row.alert !== alert) this.#update(row, alert);
      const current = alert.alert_id === selected;
      row.button.setAttribute("aria-current", String(current));
      row.button.tabIndex = current || (selected === null && alert === alerts[0]) ? 0 : -1;
      return row.item;
    });
    for (const id of this.#rows.keys()) if (!shown.has(id)) this.#rows.delete(id);
    arrange(this.element, items);
    return fresh;
  }

  /** Once a second: how old each alert is. */
  tick() {
    const now = Date.now();
    for (const { alert, age: element } of this.#rows.values()) {
      const text = age(alert.raised_at, now);
      if (element.textContent !== text) element.textContent = text;
    }
  }

  reveal(id) {
    this.#rows.get(id)?.item.scrollIntoView({ block: "nearest" });
  }

  /** Move the selection by so many rows. */
  step(by) {
    const ids = [...this.element.children].map(({ dataset }) => dataset.alert);
    if (!ids.length) return;
    const at = ids.indexOf(this.#selected);
    const next = ids[Math.min(ids.length - 1, Math.max(0, at + by))];
    this.#selected = next;
    this.#select(next);
    this.reveal(next);
  }

  #walk(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    this.step(by);
    this.#rows.get(this.#selected)?.button.focus();
  }

  #row(alert) {
    const { passage, order } = alert;
    const row = { alert: null, age: h("span", { class: "queue-age" }), state: h("span", { class: "queue-state" }) };
    row.button = h(
      "button",
      { class: "queue-row", type: "button", onclick: () => this.#select(alert.alert_id) },
      h("span", { class: "queue-top" },
        h("span", { class: "priority" }, t("priority.short", { n: alert.priority })),
        plateChip(passage.plate ?? orderPlate(order), "medium"),
        row.age),
      h("span", { class: "queue-place" }, data(passage.checkpoint.name), " ", laneAndDirection(passage, { class: "muted" })),
      h("span", { class: "queue-reason" },
        order.danger_note && h("span", { class: "danger-mark" }, t("danger.mark")),
        data(order.reason)),
      h("span", { class: "queue-foot" }, row.state, alert.tier !== "exact" && h("span", { class: `tag tier-${alert.tier}` }, term("tier", alert.tier)), time(passage.captured_at)),
    );
    row.item = h("li", { class: `queue-item priority-${alert.priority}`, "data-alert": alert.alert_id }, row.button, h("div", { class: "queue-crop" }, plateCrop(passage)));
    this.#update(row, alert);
    row.age.textContent = age(alert.raised_at);
    return row;
  }

  #update(row, alert) {
    row.alert = alert;
    row.item.dataset.state = alert.state;
    replace(row.state, h("span", { class: `tag state-${alert.state}` }, t(`alert_state.${alert.state}`)));
  }
}
