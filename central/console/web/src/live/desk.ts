// What lies on the operator's desk: alerts, latest passages, statistics, gaps. Fed by the live link, bounded in size,
// and outside React: events only mark a topic as changed, and components are told once a frame, however many came.
import { useCallback, useSyncExternalStore } from "react";
import { answer, api, asProblem, type Problem } from "../api/client";
import type { Alert, Interception, Order, Passage, Statistics } from "../api/types";
import { type Gap, LiveLink, type LiveEvent } from "./link";

export const ROWS = 200; // shown in a list
const KEPT = 300; // open alerts, and ended ones, held in memory; of the open the least urgent go first
const FETCHED = 500; // alerts asked for at once: the server sends the newest, the most urgent may be among the older
const STATISTICS_EVERY_MS = 5000;
const RELOAD_EVERY_MS = 6 * 3_600_000; // pictures' addresses hold twelve hours
const STATISTICS_AFTER_ALERT_MS = 400;
const HIDDEN_MS = 250; // a page in the background has no frames
const ENDED: ReadonlySet<string> = new Set(["closed", "false_alert"]);

export type Topic = "alerts" | "passages" | "statistics" | "link" | "orders" | "interceptions";

export interface Escalation {
  /** By priority, 1 first: how long an alert may wait for its sign-off, in seconds. */
  after_s: number[];
  /** How often one alert is escalated at most. */
  most: number;
}

/** Heard at once, frame or not. */
export interface DeskListener {
  raised: (alert: Alert) => void;
  signedOut: () => void;
  /** To a unit at the roadside: something happened with an alert that it was sent to. */
  dispatched: () => void;
  order: (order: Order) => void;
  resumed: () => void;
}

export const isOpen = (alert: Alert) => !ENDED.has(alert.state);

const byAge = (a: Alert, b: Alert) => Date.parse(b.raised_at) - Date.parse(a.raised_at);
const byUrgency = (a: Alert, b: Alert) => a.priority - b.priority || byAge(a, b);

export class Desk {
  readonly link: LiveLink;
  statistics: Statistics | null = null;
  gaps: Gap[] = []; // newest first
  problems: Record<"alerts" | "passages" | "statistics", Problem | null> = {
    alerts: null,
    passages: null,
    statistics: null,
  };
  loaded = { alerts: false, passages: false };
  escalation: Escalation | null = null;
  readonly received = new Map<string, number>(); // alert_id → performance.now() of its live event, until painted
  readonly interceptions = new Map<string, Interception>(); // plans that colleagues have announced, by alert
  readonly #alerts = new Map<string, Alert>();
  #passages: readonly Passage[] = []; // newest first
  #trimmed = false; // alerts were dropped from memory to keep the page quick
  readonly #watching: boolean;
  readonly #counting: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reload: ReturnType<typeof setInterval> | undefined;
  #soon = false;
  #stopped = false;
  readonly #versions: Record<Topic, number> = {
    alerts: 0,
    passages: 0,
    statistics: 0,
    link: 0,
    orders: 0,
    interceptions: 0,
  };
  readonly #stale = new Set<Topic>();
  #pending = false;
  readonly #followers = new Map<Topic, Set<() => void>>();
  readonly #listeners = new Set<Partial<DeskListener>>();

  /** `watching`: whether this user has the right to alerts and passages; `counting`: to the day's figures. */
  constructor({ watching, counting = true }: { watching: boolean; counting?: boolean }) {
    this.#watching = watching;
    this.#counting = counting;
    this.link = new LiveLink({
      hello: () => void this.load(),
      event: (event, live) => this.#heard(event, live),
      state: (state) => {
        // Without a live link the lists are still worth having.
        if (state === "lost" && !this.loaded.alerts) void this.load();
        this.#tell("link");
      },
      resumed: (gap) => this.#resumed(gap),
      signedOut: () => this.#each((l) => l.signedOut?.()),
    });
  }

  start(): void {
    this.link.start();
    this.#reload = setInterval(() => void this.load(), RELOAD_EVERY_MS);
    if (this.#counting) void this.#poll();
  }

  stop(): void {
    this.#stopped = true;
    this.link.stop();
    clearTimeout(this.#timer);
    clearInterval(this.#reload);
  }

  /** Hear of things at once; until the returned function is called. */
  listen(listener: Partial<DeskListener>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Be told once a frame that a topic has changed. */
  follow(topic: Topic, told: () => void): () => void {
    const followers = this.#followers.get(topic) ?? new Set();
    this.#followers.set(topic, followers.add(told));
    return () => followers.delete(told);
  }

  version(topic: Topic): number {
    return this.#versions[topic];
  }

  /** Fetch the lists. A list the user has no right to keeps its problem and stays empty. */
  async load(): Promise<void> {
    if (!this.#watching) return;
    const before = [...this.#alerts.values()].filter(isOpen);
    await Promise.all([
      this.#fetch("alerts", async () => {
        const query = { open: true, limit: FETCHED };
        const { alerts, escalation } = await answer(api.GET("/api/alerts", { params: { query } }));
        this.escalation = escalation;
        const known = new Set(alerts.map((alert) => alert.alert_id));
        // What was open here before we asked and is not there was ended while we were not listening.
        const ended = alerts.length < FETCHED ? before.filter((alert) => !known.has(alert.alert_id)) : [];
        for (const alert of ended) this.#alerts.delete(alert.alert_id);
        for (const alert of alerts) this.putAlert(alert);
      }),
      this.#fetch("passages", async () => {
        const { passages } = await answer(api.GET("/api/passages", { params: { query: { limit: ROWS } } }));
        for (const passage of passages) this.#putPassage(passage);
      }),
    ]);
  }

  /** @throws {Problem} */
  async loadEnded(): Promise<void> {
    const { alerts } = await answer(api.GET("/api/alerts", { params: { query: { limit: ROWS } } }));
    for (const alert of alerts) this.putAlert(alert);
  }

  alert(id: string | null): Alert | null {
    return (id === null ? undefined : this.#alerts.get(id)) ?? null;
  }

  /** The first `ROWS` open alerts by urgency, or the ended ones, newest first. */
  alerts({ open }: { open: boolean }): Alert[] {
    return this.#ranked(open).slice(0, ROWS);
  }

  passages(): readonly Passage[] {
    return this.#passages;
  }

  /** Take in an alert, unless what is known of it is newer: the answer to a step and its live event race. */
  putAlert(alert: Alert): void {
    const before = this.#alerts.get(alert.alert_id);
    if (before && before.version > alert.version) return;
    this.#alerts.set(alert.alert_id, alert);
    if (this.#alerts.size > 2 * KEPT) this.#trim();
    this.#tell("alerts");
    if (this.#trimmed && this.#count(true) < ROWS) {
      this.#trimmed = false;
      void this.load();
    }
  }

  #count(open: boolean): number {
    let n = 0;
    for (const alert of this.#alerts.values()) if (isOpen(alert) === open) n += 1;
    return n;
  }

  #ranked(open: boolean): Alert[] {
    return [...this.#alerts.values()].filter((alert) => isOpen(alert) === open).sort(open ? byUrgency : byAge);
  }

  #trim(): void {
    const open = this.#ranked(true);
    this.#trimmed ||= open.length > KEPT;
    for (const { alert_id } of [...open.slice(KEPT), ...this.#ranked(false).slice(KEPT)]) {
      this.#alerts.delete(alert_id);
      this.received.delete(alert_id);
      this.interceptions.delete(alert_id);
    }
  }

  #putPassage(passage: Passage): void {
    const list = this.#passages;
    if (list.some(({ passage_id }) => passage_id === passage.passage_id)) return;
    const moment = Date.parse(passage.captured_at);
    const older = list.findIndex(({ captured_at }) => Date.parse(captured_at) <= moment);
    const at = older < 0 ? list.length : older;
    if (at >= ROWS) return;
    this.#passages = [...list.slice(0, at), passage, ...list.slice(at, ROWS - 1)];
    this.#tell("passages");
  }

  #heard(event: LiveEvent, live: boolean): void {
    if (event.kind === "passage") {
      this.#putPassage(event.data);
      return;
    }
    if (event.kind === "node") return; // the fleet page asks
    if (event.kind === "dispatch") {
      this.#each((l) => l.dispatched?.());
      return;
    }
    if (event.kind === "interception") {
      this.interceptions.set(event.data.alert_id, event.data);
      this.#tell("interceptions");
      return;
    }
    if (event.kind === "order") {
      this.#each((l) => l.order?.(event.data));
      this.#tell("orders");
      return;
    }
    const alert = event.data;
    // New here, at whatever version: somebody of an area is first told of one when its vehicle comes there.
    const raised = alert.state === "raised" && !this.#alerts.has(alert.alert_id);
    if (raised && live) this.received.set(alert.alert_id, performance.now());
    this.putAlert(alert);
    this.#pollSoon();
    if (raised) this.#each((l) => l.raised?.(alert));
  }

  #resumed(gap: Gap): void {
    this.gaps = [gap, ...this.gaps].slice(0, 20);
    if (gap.gap) void this.load();
    this.#tell("passages");
    this.#tell("link");
    this.#each((l) => l.resumed?.());
  }

  async #fetch(name: "alerts" | "passages" | "statistics", work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.problems[name] = null;
    } catch (error) {
      this.problems[name] = asProblem(error);
    }
    if (name !== "statistics") this.loaded[name] = true;
    this.#tell(name);
  }

  // Statistics are asked for, not pushed; asking also finds a link that died without a word.
  async #poll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#soon = false;
    await this.#fetch("statistics", async () => {
      this.statistics = await answer(api.GET("/api/statistics"));
      this.link.vouch();
    });
    if (this.problems.statistics?.status === 0) this.link.suspect();
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- an alert may have come meanwhile
    if (!this.#stopped && !this.#soon) this.#timer = setTimeout(() => void this.#poll(), STATISTICS_EVERY_MS);
  }

  // One question after a burst of alerts, not one an alert.
  #pollSoon(): void {
    if (this.#soon || this.#stopped) return;
    this.#soon = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#poll(), STATISTICS_AFTER_ALERT_MS);
  }

  #each(tell: (listener: Partial<DeskListener>) => void): void {
    for (const listener of [...this.#listeners]) tell(listener);
  }

  #tell(topic: Topic): void {
    this.#stale.add(topic);
    if (this.#pending) return;
    this.#pending = true;
    requestAnimationFrame(this.#flush);
    setTimeout(this.#flush, HIDDEN_MS);
  }

  readonly #flush = () => {
    if (!this.#pending) return;
    this.#pending = false;
    const topics = [...this.#stale];
    this.#stale.clear();
    for (const topic of topics) this.#versions[topic] += 1;
    for (const topic of topics) for (const told of [...(this.#followers.get(topic) ?? [])]) told();
  };
}

/** Draw again when one of these topics changes; the number changes with them. */
export function useDesk(desk: Desk, ...topics: Topic[]): number {
  const names = topics.join();
  const subscribe = useCallback(
    (told: () => void) => {
      const stops = names.split(",").map((topic) => desk.follow(topic as Topic, told));
      return () => {
        for (const stop of stops) stop();
      };
    },
    [desk, names],
  );
  return useSyncExternalStore(subscribe, () => topics.reduce((sum, topic) => sum + desk.version(topic), 0));
}
