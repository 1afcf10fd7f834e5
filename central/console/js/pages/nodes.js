// The edge nodes, as their heartbeats tell.

import { get, Problem } from "../client.js";
import { data, h, replace } from "../dom.js";
import { number, t, term } from "../language.js";
import { age, time } from "../time.js";
import { checkpoints } from "../places.js";
import { facts } from "../parts/facts.js";
import { empty, failed, loading } from "../parts/states.js";

const EVERY_MS = 5000;

export class NodesPage {
  #body = h("div", { class: "pane-body" });
  #timer = null;
  #closed = false;

  constructor(root) {
    replace(root, h("section", { class: "pane page-nodes" }, h("header", { class: "pane-head" }, h("h1", {}, t("page.nodes"))), this.#body));
    replace(this.#body, loading());
    this.#load();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #load() {
    clearTimeout(this.#timer);
    try {
      const [{ nodes }, places] = await Promise.all([get("/api/nodes"), checkpoints()]);
      const names = new Map(places.map(({ checkpoint_id, name }) => [checkpoint_id, name]));
      const cards = nodes.map((node) => card(node, names.get(node.checkpoint_id) ?? node.checkpoint_id));
      replace(this.#body, cards.length ? h("div", { class: "cards" }, cards) : empty("nodes.none"));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      replace(this.#body, failed(problem, () => this.#load()));
    }
    if (!this.#closed) this.#timer = setTimeout(() => this.#load(), EVERY_MS);
  }
}

function card(node, place) {
  return h("article", { class: `card ${node.alive ? "card-alive" : "card-silent"}`, "data-node": node.node_id },
    h("header", { class: "card-head" },
      h("h2", {}, data(node.node_id)),
      h("span", { class: `tag ${node.alive ? "tag-good" : "tag-bad"}` }, t(node.alive ? "nodes.alive" : "nodes.silent"))),
    facts([
      ["field.checkpoint", data(place)],
      ["nodes.heard", h("span", {}, time(node.sent_at), " ", h("span", { class: "muted" }, t("nodes.ago", { age: age(node.sent_at) })))],
      ["field.clock", h("span", { class: node.clock === "unsynced" ? "bad" : null }, term("clock", node.clock))],
      ["nodes.outbox", h("span", {}, t("nodes.outbox.n", { n: number(node.outbox_depth), size: size(node.outbox_bytes) }))],
      ["nodes.disk", size(node.disk_free_bytes)],
      ["nodes.software", data(node.software)],
    ]),
    h("table", { class: "table" },
      h("caption", { class: "visually-hidden" }, t("nodes.cameras")),
      h("thead", {}, h("tr", {}, [t("nodes.camera"), t("nodes.frames"), t("nodes.dropped"), t("nodes.passages"), t("nodes.unread")].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, node.cameras.map((camera) => h("tr", {},
        h("td", {}, h("span", { class: `dot ${camera.alive ? "dot-good" : "dot-bad"}`, role: "img", "aria-label": t(camera.alive ? "nodes.alive" : "nodes.silent") }), " ", data(camera.camera_id), camera.error && h("div", { class: "bad" }, data(camera.error))),
        [camera.frames, camera.frames_dropped, camera.passages, camera.unread].map((n) => h("td", { class: "numbers" }, number(n))))))));
}

function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  let at = 0;
  let value = bytes;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  return number(value, { style: "unit", unit: units[at], unitDisplay: "short", maximumFractionDigits: 1 });
}
