// Drafting an order. Whether the plate fits the grammar is the server's to say, in one place, for every client.

import { post } from "../client.js";
import { data, h, replace } from "../dom.js";
import { t, term } from "../language.js";
import { fromField, toField, zone } from "../time.js";
import { field, keep, letGo, longText, restore, submitting, text, ticks } from "./form.js";
import { plateChip } from "./plate.js";

const NAME = "order";
const COLOURS = ["blue", "yellow", "green", "yellow_green", "white", "black"];
const DAY_MS = 86_400_000;

/** The form's element; `drafted` is given the new order. */
export function orderForm(places, drafted) {
  const plate = text({ name: "plate", maxlength: 20, spellcheck: "false", oninput: preview });
  const colour = h("select", { onchange: preview }, h("option", { value: "" }, t("any")), COLOURS.map((c) => h("option", { value: c }, t(`colour.${c}`))));
  const chip = h("output", { class: "plate-preview", for: "field-plate", "aria-label": t("plate.preview") });
  const complaintPlace = h("div", { class: "complaint-place" });
  const directions = [...new Set(places.flatMap((place) => place.directions))];

  function preview() {
    const typed = plate.value.normalize("NFKC").replace(/[\s·•.]/g, "").toUpperCase();
    replace(chip, typed && plateChip({ text: typed, colour: colour.value || "unknown" }, "large"));
  }

  const form = h(
    "form",
    { class: "form", onsubmit: submit },
    h("h2", {}, t("orders.draft")),
    h("div", { class: "fields" },
      field("plate", plate, { required: true, hint: [t("orders.plate.hint"), " ", data("川C·12345")] }),
      h("div", { class: "field" }, chip),
      field("colour", colour, { hint: t("orders.colour.hint") }),
      field("priority", h("select", { value: "3" }, [1, 2, 3, 4].map((n) => h("option", { value: n }, t(`priority.word.${n}`)))), { required: true }),
      field("reason", text(), { required: true }),
      field("case_number", text({ maxlength: 128 }), { required: true }),
      field("legal_basis", text(), { required: true }),
      field("contact", text(), { required: true }),
      field("danger_note", text(), { hint: t("orders.danger.hint"), wide: true }),
      field("instructions", longText(), { wide: true }),
      field("valid_from", h("input", { type: "datetime-local" }), { hint: t("orders.valid_from.hint", { zone: zone() }) }),
      field("valid_until", h("input", { type: "datetime-local", value: toField(new Date(Date.now() + 7 * DAY_MS)) }), { required: true, hint: t("zone.hint", { zone: zone() }) }),
      ticks("checkpoints", places.map((p) => [p.checkpoint_id, data(p.name)]), { hint: t("orders.checkpoints.hint") }),
      directions.length > 0 && ticks("directions", directions.map((d) => [d, term("direction", d)]), { hint: t("orders.directions.hint") })),
    complaintPlace,
    h("div", { class: "row" },
      h("button", { class: "button button-main", type: "submit" }, t("orders.save"))),
  );

  async function submit(event) {
    event.preventDefault();
    const values = new FormData(form);
    const order = await submitting(form, complaintPlace, () => post("/api/orders", request(values)));
    if (!order) return;
    letGo(NAME);
    drafted(order);
  }

  restore(form, NAME);
  preview();
  return { element: form, keep: () => keep(form, NAME) };
}

function request(values) {
  const words = (name) => values.get(name).trim();
  return {
    plate: words("plate"),
    colour: words("colour") || null,
    priority: Number(words("priority")),
    reason: words("reason"),
    case_number: words("case_number"),
    legal_basis: words("legal_basis"),
    contact: words("contact"),
    danger_note: words("danger_note"),
    instructions: words("instructions"),
    valid_from: fromField(words("valid_from")),
    valid_until: fromField(words("valid_until")),
    checkpoints: values.getAll("checkpoints"),
    directions: values.getAll("directions"),
  };
}
