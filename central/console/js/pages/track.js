// A vehicle's track (轨迹): asked for with a reason and a case number, and written down before it is answered.

import { post } from "../client.js";
import { data, h, replace } from "../dom.js";
import { number, percent, t } from "../language.js";
import { checkpoints } from "../places.js";
import { fromField, time, toField, zone } from "../time.js";
import { plateCrop } from "../parts/evidence.js";
import { field, keep, restore, submitting, text } from "../parts/form.js";
import { laneAndDirection } from "../parts/lane.js";
import { trackMap } from "../parts/map.js";
import { openPassage } from "../parts/passage_table.js";
import { plateChip } from "../parts/plate.js";
import { empty } from "../parts/states.js";
import { timeline } from "../parts/timeline.js";

const NAME = "track";
const PAGE = 200;
const DAY_MS = 86_400_000;

export class TrackPage {
  #form;
  #results = h("div", { class: "track-results", "aria-live": "polite" });
  #complaint = h("div", { class: "complaint-place" });

  constructor(root) {
    const now = Date.now();
    this.#form = h("form", { class: "form track-form", onsubmit: (event) => { event.preventDefault(); this.#search(); } },
      h("h1", {}, t("page.track")),
      h("p", { class: "notice" }, t("track.notice")),
      h("div", { class: "fields" },
        field("plate", text({ name: "plate", maxlength: 20, spellcheck: "false" }), { required: true }),
        field("since", h("input", { type: "datetime-local", value: toField(new Date(now - DAY_MS)) }), { required: true, hint: t("zone.hint", { zone: zone() }) }),
        field("until", h("input", { type: "datetime-local", value: toField(new Date(now + 60_000)) }), { required: true, hint: t("zone.hint", { zone: zone() }) }),
        field("reason", text(), { required: true }),
        field("case_number", text({ maxlength: 128 }), { required: true })),
      this.#complaint,
      h("div", { class: "row" }, h("button", { class: "button button-main", type: "submit" }, t("track.search"))));
    replace(this.#results, empty("track.nothing_asked"));
    replace(root, h("div", { class: "track" }, this.#form, this.#results));
    restore(this.#form, NAME);
  }

  close() {
    keep(this.#form, NAME);
  }

  async #search() {
    const values = Object.fromEntries(new FormData(this.#form));
    const question = { ...values, since: fromField(values.since), until: fromField(values.until), limit: PAGE };
    const found = await submitting(this.#form, this.#complaint, async () => {
      const [track, places] = await Promise.all([post("/api/tracks", question), checkpoints()]);
      return { track, places };
    });
    if (found) this.#show(question, found.track, found.places, found.track.passages);
  }

  async #more(question, before, places, passages) {
    const track = await submitting(this.#form, this.#complaint, () => post("/api/tracks", { ...question, cursor: before.next }));
    if (track) this.#show(question, track, places, [...passages, ...track.passages]);
  }

  /** `passages`: what was fetched so far, newest first. */
  #show(question, track, places, passages) {
    const head = h("header", { class: "track-head" },
      plateChip({ ...track.plate, colour: passages[0]?.plate?.colour ?? "unknown" }, "large"),
      h("p", {}, t("track.found", { n: number(track.total), shown: number(passages.length) })),
      h("p", { class: "muted" }, t("track.audited"), " ", data(track.audit_id, { class: "code" })));
    if (!passages.length) return replace(this.#results, head, empty("track.none"));
    const inOrder = [...passages].reverse();
    return replace(this.#results, head,
      h("div", { class: "track-pictures" }, trackMap(places, inOrder), timeline(inOrder)),
      table(inOrder),
      track.next && h("button", { class: "button", type: "button", onclick: () => this.#more(question, track, places, passages) }, t("track.more")));
  }
}

function table(passages) {
  const head = [t("field.number"), t("field.time", { zone: zone() }), t("field.place"), t("field.plate"), t("field.picture"), t("field.confidence"), t("field.evidence")];
  return h("div", { class: "scroll" }, h("table", { class: "table track-table" },
    h("caption", { class: "visually-hidden" }, t("page.track")),
    h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, passages.map((passage, at) => h("tr", { "data-passage": passage.passage_id },
      h("td", { class: "numbers" }, number(at + 1)),
      h("td", { class: "numbers" }, time(passage.captured_at, { labelled: false })),
      h("td", {}, data(passage.checkpoint.name), h("br"), laneAndDirection(passage, { class: "muted" })),
      h("td", {}, passage.plate && plateChip(passage.plate)),
      h("td", { class: "crop" }, plateCrop(passage)),
      h("td", { class: "numbers" }, passage.plate && percent(passage.plate.confidence, 1)),
      h("td", {}, h("button", { class: "button", type: "button", onclick: () => openPassage(passage) }, t("passage.open"))))))));
}
