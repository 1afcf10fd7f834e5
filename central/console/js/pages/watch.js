// The watch (值守): the queue of alerts, the one being worked on, and what passes meanwhile.

import { h, replace } from "../dom.js";
import { ROWS } from "../desk.js";
import { listen } from "../keys.js";
import { number, t } from "../language.js";
import { afterPaint, painted } from "../latency.js";
import { AlertDetail } from "../parts/alert_detail.js";
import { AlertQueue } from "../parts/alert_queue.js";
import { openKeys } from "../parts/key_help.js";
import { gapText, PassageTable } from "../parts/passage_table.js";
import { empty, failed, loading } from "../parts/states.js";
import { Statistics } from "../parts/statistics.js";
import { ACTIONS } from "../parts/steps.js";

/** Where the user was: outlives the page, not the session. */
export const place = { selected: null, open: true, pane: "queue", seenGaps: 0 };

export class WatchPage {
  #desk;
  #queue;
  #detail;
  #passages = new PassageTable();
  #statistics = new Statistics();
  #queueState = h("div", {});
  #queueFoot = h("p", { class: "queue-more muted" });
  #detailPlace = h("section", { class: "pane pane-detail" });
  #passagesState = h("div", {});
  #gap = h("div", { class: "gap-place" });
  #root = h("div", { class: "watch" });
  #dirty = new Set();
  #frame = null;
  #stop = new AbortController();
  #silence;
  #drawers = {
    alerts: () => this.#drawAlerts(),
    passages: () => this.#drawPassages(),
    statistics: () => this.#drawStatistics(),
    link: () => this.#drawLink(),
  };

  constructor(root, desk) {
    this.#desk = desk;
    this.#queue = new AlertQueue((id) => this.#select(id, { byHand: true }));
    this.#detail = new AlertDetail((alert) => desk.putAlert(alert));
    this.#silence = listen({
      j: () => this.#queue.step(1),
      k: () => this.#queue.step(-1),
      o: () => this.#detail.openScene(),
      "?": openKeys,
      ...Object.fromEntries(ACTIONS.map(({ id, key }) => [key, () => this.#detail.steps.press(id)])),
    });
    this.#lay(root);
    for (const name of Object.keys(this.#drawers)) {
      desk.addEventListener(name, () => this.#draw(name), { signal: this.#stop.signal });
      this.#draw(name);
    }
  }

  tick() {
    this.#queue.tick();
  }

  close() {
    this.#stop.abort();
    this.#silence();
    cancelAnimationFrame(this.#frame);
  }

  #lay(root) {
    this.#root.dataset.pane = place.pane;
    const tabs = ["queue", "detail", "passages"].map((pane) =>
      h("button", { type: "button", class: "tab", "data-pane-tab": pane, "aria-pressed": String(pane === place.pane), onclick: () => this.#turn(pane) }, t(`pane.${pane}`)));
    const filters = [true, false].map((open) =>
      h("button", { type: "button", class: "tab", "data-filter": open ? "open" : "ended", "aria-pressed": String(open === place.open), onclick: () => this.#filter(open) }, t(open ? "alerts.open" : "alerts.ended")));
    replace(this.#root,
      this.#statistics.element,
      this.#gap,
      h("div", { class: "tabs panes-tabs" }, tabs),
      h("div", { class: "panes" },
        h("section", { class: "pane pane-queue", "aria-label": t("alerts.title") },
          h("header", { class: "pane-head" },
            h("h2", {}, t("alerts.title")),
            h("div", { class: "tabs" }, filters),
            h("button", { class: "button button-quiet", type: "button", "data-action": "keys", onclick: openKeys }, t("keys.open"), h("kbd", { "aria-hidden": "true" }, "?"))),
          this.#queueState, this.#queue.element, this.#queueFoot),
        this.#detailPlace,
        h("section", { class: "pane pane-passages", "aria-label": t("passages.title") },
          h("header", { class: "pane-head" }, h("h2", {}, t("passages.title")), h("span", { class: "muted" }, t("passages.note"))),
          this.#passagesState, this.#passages.element)));
    this.#detailPlace.setAttribute("aria-label", t("pane.detail"));
    replace(root, this.#root);
  }

  // Events only say what is stale; a frame draws it once, however many came.
  #draw(name) {
    this.#dirty.add(name);
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      const stale = [...this.#dirty];
      this.#dirty.clear();
      stale.forEach((what) => this.#drawers[what]());
    });
  }

  #drawAlerts() {
    const desk = this.#desk;
    const alerts = desk.alerts({ open: place.open });
    if (place.selected === null && place.open && alerts.length) place.selected = alerts[0].alert_id;
    const selected = desk.alert(place.selected);
    const fresh = this.#queue.show(alerts, selected?.alert_id ?? null);
    this.#measure(fresh);
    const problem = desk.problems.alerts;
    if (problem) replace(this.#queueState, failed(problem, () => desk.load()));
    else if (!desk.loaded.alerts && !alerts.length) replace(this.#queueState, loading());
    else replace(this.#queueState, alerts.length ? null : empty(place.open ? "alerts.none" : "alerts.none_ended"));
    this.#showDetail(selected);
    this.#drawFoot();
  }

  #drawPassages() {
    const desk = this.#desk;
    const passages = desk.passages();
    this.#passages.show(passages, desk.gaps);
    const problem = desk.problems.passages;
    if (problem) replace(this.#passagesState, failed(problem, () => desk.load()));
    else if (!desk.loaded.passages && !passages.length) replace(this.#passagesState, loading());
    else replace(this.#passagesState, passages.length ? null : empty("passages.none"));
    this.#passages.element.hidden = !passages.length && !desk.gaps.length;
  }

  #drawStatistics() {
    this.#statistics.show(this.#desk.statistics, this.#desk.problems.statistics);
    this.#drawFoot();
  }

  // Only so many rows are drawn; how many more there are, the statistics know.
  #drawFoot() {
    const shown = this.#queue.element.children.length;
    const full = place.open && shown >= ROWS;
    this.#queueFoot.textContent = full ? t("alerts.more", { shown: number(shown), total: number(this.#desk.statistics?.open_alerts) }) : "";
  }

  #drawLink() {
    const { gaps, link } = this.#desk;
    if (link.state === "lost") return replace(this.#gap, h("p", { class: "gap-bar gap-bar-lost", role: "alert" }, t("gap.now")));
    if (gaps.length <= place.seenGaps) return replace(this.#gap);
    const seen = () => {
      place.seenGaps = gaps.length;
      replace(this.#gap);
    };
    return replace(this.#gap, h("p", { class: `gap-bar ${gaps[0].gap ? "gap-bar-lost" : "gap-bar-caught-up"}`, role: "status" }, gapText(gaps[0]), h("button", { class: "button button-quiet", type: "button", onclick: seen }, t("gap.seen"))));
  }

  #showDetail(alert) {
    if (alert) {
      if (!this.#detail.element.isConnected) replace(this.#detailPlace, this.#detail.element);
      this.#detail.show(alert);
    } else replace(this.#detailPlace, empty("alerts.choose"));
  }

  #select(id, { byHand = false } = {}) {
    place.selected = id;
    if (byHand && getComputedStyle(this.#root.querySelector(".panes-tabs")).display !== "none") this.#turn("detail");
    this.#detailPlace.scrollTop = 0;
    this.#drawAlerts(); // at once: the next key must find this alert, and not the one before
  }

  #turn(pane) {
    place.pane = pane;
    this.#root.dataset.pane = pane;
    for (const tab of this.#root.querySelectorAll("[data-pane-tab]")) tab.setAttribute("aria-pressed", String(tab.dataset.paneTab === pane));
  }

  async #filter(open) {
    place.open = open;
    for (const tab of this.#root.querySelectorAll("[data-filter]")) tab.setAttribute("aria-pressed", String((tab.dataset.filter === "open") === open));
    this.#draw("alerts");
    if (!open) await this.#desk.loadEnded();
  }

  #measure(fresh) {
    const waiting = fresh.map((id) => [id, this.#desk.received.get(id)]).filter(([, at]) => at !== undefined);
    if (!waiting.length) return;
    afterPaint(() => {
      for (const [id, at] of waiting) {
        this.#desk.received.delete(id);
        const alert = this.#desk.alert(id);
        if (alert) painted(alert, at);
      }
    });
  }
}

