// The latest passages, newest first, with a mark where the live link was broken.

import { arrange, data, h } from "../dom.js";
import { percent, t, term } from "../language.js";
import { clockText, time, zone } from "../time.js";
import { enlarge, evidence, plateCrop, scene } from "./evidence.js";
import { facts } from "./facts.js";
import { laneAndDirection } from "./lane.js";
import { lattice } from "./lattice.js";
import { plateChip } from "./plate.js";

export class PassageTable {
  element;
  #body = h("tbody", {});
  #rows = new WeakMap(); // passage or gap → row

  constructor() {
    const head = [t("field.time", { zone: zone() }), t("field.plate"), t("field.picture"), t("field.checkpoint")];
    this.element = h("table", { class: "table passages" },
      h("caption", { class: "visually-hidden" }, t("passages.title")),
      h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
      this.#body);
  }

  show(passages, gaps) {
    arrange(this.#body, withGaps(passages, gaps).map((entry) => this.#rowOf(entry)));
  }

  #rowOf(entry) {
    let row = this.#rows.get(entry);
    if (!row) {
      row = "lostAt" in entry ? gapRow(entry) : passageRow(entry);
      this.#rows.set(entry, row);
    }
    return row;
  }
}

/** Each gap stands above the first passage that was captured before the link was lost. */
function withGaps(passages, gaps) {
  const rest = [...gaps];
  const entries = [];
  for (const passage of passages) {
    while (rest.length && Date.parse(passage.captured_at) < rest[0].lostAt.getTime()) entries.push(rest.shift());
    entries.push(passage);
  }
  return [...entries, ...rest];
}

/** What happened to the link, in words. */
export function gapText({ lostAt, resumedAt, missed, gap }) {
  const times = { from: clockText(lostAt), to: clockText(resumedAt), zone: zone(resumedAt), n: missed };
  return t(gap ? "gap.lost" : "gap.caught_up", times);
}

function gapRow(gap) {
  return h("tr", { class: `gap ${gap.gap ? "gap-lost" : "gap-caught-up"}` }, h("td", { colspan: 4 }, gapText(gap)));
}

function passageRow(passage) {
  const { plate } = passage;
  const open = () => openPassage(passage);
  return h("tr", { "data-passage": passage.passage_id },
    h("td", { class: "numbers" }, time(passage.captured_at, { date: false, labelled: false }), h("br"), h("span", { class: "muted" }, plate ? percent(plate.confidence, 1) : term("unread", passage.unread_reason))),
    h("td", {}, plate
      ? h("button", { class: "plain", type: "button", onclick: open, title: t("passage.open") }, plateChip(plate))
      : h("button", { class: "plain tag", type: "button", onclick: open, title: t("passage.open") }, t("plate.unread"))),
    h("td", { class: "crop" }, plateCrop(passage)),
    h("td", {}, data(passage.checkpoint.name), h("br"), laneAndDirection(passage, { class: "muted" })));
}

/** A passage in a window of its own. */
export function openPassage(passage) {
  const { plate } = passage;
  const dialog = h("dialog", { class: "window", "aria-label": t("passage.title"), onclose: () => dialog.remove() },
    h("header", { class: "window-head" },
      plate ? plateChip(plate, "large") : h("span", { class: "tag" }, t("plate.unread")),
      h("button", { class: "button", type: "button", onclick: () => dialog.close() }, t("close"))),
    h("div", { class: "window-body" },
      h("div", {}, plateCrop(passage), plate && lattice(plate),
        facts([
          ["field.captured_at", time(passage.captured_at, { millis: true })],
          ["field.checkpoint", data(passage.checkpoint.name)],
          ["field.lane", laneAndDirection(passage)],
          plate ? ["field.confidence", h("span", {}, percent(plate.confidence, 1), " ", h("span", { class: "muted" }, t("frames.n", { n: plate.frames })))] : ["field.unread", term("unread", passage.unread_reason)],
          ["field.clock", term("clock", passage.clock)],
          ["field.node", data(passage.node_id)],
        ])),
      h("div", {}, scene(passage, { onopen: () => enlarge(passage) }), passage.evidence.vehicle && evidence(passage.evidence.vehicle, t("evidence.vehicle"), { shape: "vehicle" }))));
  document.body.append(dialog);
  dialog.showModal();
}

