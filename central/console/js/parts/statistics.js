// The day in figures. A figure that could not be fetched is shown as unknown, never as nought.

import { h } from "../dom.js";
import { number, t } from "../language.js";

const FIGURES = ["open_alerts", "passages_today", "unread_today", "alerts_today", "false_alerts_today", "sign_off_seconds_p50"];

export class Statistics {
  element = h("dl", { class: "statistics" });
  #values = new Map();

  constructor() {
    for (const name of FIGURES) {
      const value = h("dd", { "data-figure": name }, t("none"));
      this.#values.set(name, value);
      this.element.append(h("div", { class: `figure figure-${name}` }, h("dt", {}, t(`statistics.${name}`)), value));
    }
  }

  show(statistics, problem) {
    this.element.classList.toggle("stale", problem !== null);
    for (const [name, element] of this.#values) {
      const value = statistics?.[name];
      element.textContent = name === "sign_off_seconds_p50" && typeof value === "number" ? t("seconds.n", { n: number(value, { maximumFractionDigits: 1 }) }) : number(value);
    }
  }
}
