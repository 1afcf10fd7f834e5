// What lies on the operator's desk: alerts, latest passages, statistics, gaps. Fed by the live link, bounded in size.

import { Problem, get } from "./client.js";
import { LiveLink } from "./live.js";

export const ROWS = 200; // shown in a list
const KEPT = 300; // open alerts, and ended ones, held in memory; of the open the least urgent go first
const FETCHED = 500; // alerts asked for at once: the server sends the newest, the most urgent may be among the older
const STATISTICS_EVERY_MS = 5000;
const RELOAD_EVERY_MS = 6 * 3_600_000; // pictures' addresses hold twelve hours
const STATISTICS_AFTER_ALERT_MS = 400;
const ENDED = new Set(["closed", "false_alert"]);

export const isOpen = (alert) => !ENDED.has(alert.state);

const byAge = (a, b) => Date.parse(b.raised_at) - Date.parse(a.raised_at);
const byUrgency = (a, b) => a.priority - b.priority || byAge(a, b);

/** Events: "alerts", "passages", "statistics", "link", "order", "node", "raised" (detail: an alert raised just now). */
export class Desk extends EventTarget {
  statistics = null;
  gaps = []; // {lostAt, resumedAt, missed, gap}, newest first
  problems = { alerts: null, passages: null, statistics: null };
  loaded = { alerts: false, passages: false };
  trimmed = false; // alerts were dropped from memory to keep the page quick
  received = new Map(); // alert_id → performance.now() of its live event, until it was painted
  #alerts = new Map();
  #passages = []; // newest first
  #watching;
  #timer = null;
  #reload = null;
  #soon = false;
  #stopped = false;

  /** `watching`: whether this user has the right to alerts and passages. */
  constructor({ watching }) {
    super();
    this.#watching = watching;
    this.link = new LiveLink();
    this.link.addEventListener("hello", () => this.load());
    this.link.addEventListener("state", () => {
      // Without a live link the lists are still worth having.
      if (this.link.state === "lost" && !this.loaded.alerts) this.load();
      this.#tell("link");
    });
    this.link.addEventListener("event", ({ detail }) => this.#heard(detail));
    this.link.addEventListener("resumed", ({ detail }) => this.#resumed(detail));
  }

  start() {
    this.link.start();
    this.#reload = setInterval(() => this.load(), RELOAD_EVERY_MS);
    this.#poll();
  }

  stop() {
    this.#stopped = true;
    this.link.stop();
    clearTimeout(this.#timer);
    clearInterval(this.#reload);
  }

  /** Fetch the lists. A list the user has no right to keeps its problem and stays empty. */
  async load() {
    if (!this.#watching) return;
    const before = [...this.#alerts.values()].filter(isOpen);
    await Promise.all([
      this.#fetch("alerts", `/api/alerts?open=true&limit=${FETCHED}`, ({ alerts }) => {
        const known = new Set(alerts.map((alert) => alert.alert_id));
        // What was open here before we asked and is not there was ended while we were not listening.
        const ended = alerts.length < FETCHED ? before.filter((alert) => !known.has(alert.alert_id)) : [];
        ended.forEach((alert) => this.#alerts.delete(alert.alert_id));
        alerts.forEach((alert) => this.putAlert(alert));
      }),
      this.#fetch("passages", `/api/passages?limit=${ROWS}`, ({ passages }) => passages.forEach((p) => this.#putPassage(p))),
    ]);
  }

  async loadEnded() {
    const { alerts } = await get(`/api/alerts?limit=${ROWS}`);
    alerts.forEach((alert) => this.putAlert(alert));
  }

  alert(id) {
    return this.#alerts.get(id) ?? null;
  }

  /** The first `ROWS` open alerts by urgency, or the ended ones, newest first. */
  alerts({ open = true } = {}) {
    return this.#ranked(open).slice(0, ROWS);
  }

  passages() {
    return this.#passages;
  }

  /** Take in an alert, unless what is known of it is newer: the answer to a step and its live event race. */
  putAlert(alert) {
    const before = this.#alerts.get(alert.alert_id);
    if (before && before.version > alert.version) return;
    this.#alerts.set(alert.alert_id, alert);
    if (this.#alerts.size > 2 * KEPT) this.#trim();
    this.#tell("alerts");
    if (this.trimmed && this.alerts().length < ROWS) {
      this.trimmed = false;
      this.load();
    }
  }

  #ranked(open) {
    return [...this.#alerts.values()].filter((alert) => isOpen(alert) === open).sort(open ? byUrgency : byAge);
  }

  #trim() {
    const open = this.#ranked(true);
    this.trimmed ||= open.length > KEPT;
    for (const { alert_id } of [...open.slice(KEPT), ...this.#ranked(false).slice(KEPT)]) {
      this.#alerts.delete(alert_id);
      this.received.delete(alert_id);
    }
  }

  #putPassage(passage) {
    if (this.#passages.some(({ passage_id }) => passage_id === passage.passage_id)) return;
    const moment = Date.parse(passage.captured_at);
    const older = this.#passages.findIndex(({ captured_at }) => Date.parse(captured_at) <= moment);
    this.#passages.splice(older < 0 ? this.#passages.length : older, 0, passage);
    this.#passages.length = Math.min(this.#passages.length, ROWS);
    this.#tell("passages");
  }

  #heard({ kind, data, live }) {
    if (kind === "passage") return this.#putPassage(data);
    if (kind !== "alert") return this.#tell(kind, data);
    // New here, at whatever version: somebody of an area is first told of one when its vehicle comes there.
    const raised = data.state === "raised" && !this.#alerts.has(data.alert_id);
    if (raised && live) this.received.set(data.alert_id, performance.now());
    this.putAlert(data);
    this.#pollSoon();
    if (raised) this.#tell("raised", data);
  }

  #resumed(gap) {
    this.gaps = [gap, ...this.gaps].slice(0, 20);
    if (gap.gap) this.load();
    this.#tell("passages");
    this.#tell("link");
  }

  async #fetch(name, path, use) {
    try {
      use(await get(path));
      this.problems[name] = null;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.problems[name] = problem;
    }
    this.loaded[name] = true;
    this.#tell(name);
  }

  // Statistics are asked for, not pushed; asking also finds a link that died without a word.
  async #poll() {
    clearTimeout(this.#timer);
    this.#soon = false;
    await this.#fetch("statistics", "/api/statistics", (statistics) => {
      this.statistics = statistics;
      this.link.vouch();
    });
    if (this.problems.statistics?.status === 0) this.link.suspect();
    if (!this.#stopped && !this.#soon) this.#timer = setTimeout(() => this.#poll(), STATISTICS_EVERY_MS);
  }

  // One question after a burst of alerts, not one an alert.
  #pollSoon() {
    if (this.#soon) return;
    this.#soon = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#poll(), STATISTICS_AFTER_ALERT_MS);
  }

  #tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
