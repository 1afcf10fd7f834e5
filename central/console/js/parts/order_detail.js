// One order: what it asks, where it stands, who did what, and what this user may do now.

import { post } from "../client.js";
import { data, h, replace } from "../dom.js";
import { t, term } from "../language.js";
import { time } from "../time.js";
import { facts } from "./facts.js";
import { submitting } from "./form.js";
import { orderPlate, plateChip } from "./plate.js";

const TONES = { submit: "good", emergency: "bad", approve: "good", reject: "bad", withdraw: "bad" };
const NEEDS_REASON = new Set(["reject", "withdraw", "emergency"]);

/** `moved` is given the order after a move; `places` names the checkpoints. */
export function orderDetail(order, places, moved) {
  const place = h("div", { class: "steps-form" });
  const nameOf = (id) => places.find((p) => p.checkpoint_id === id)?.name ?? id;
  const buttons = order.may.filter((move) => move in TONES).map((move) =>
    h("button", { class: `button step-${TONES[move]}`, type: "button", "data-move": move, onclick: () => ask(move) }, t(`order_move.${move}`)));

  function ask(move) {
    const reason = NEEDS_REASON.has(move) && h("input", { id: "move-reason", name: "reason", type: "text", required: true, maxlength: 500, autocomplete: "off" });
    const refused = h("div", {});
    const form = h("form", { class: "step-form", onsubmit: go },
      h("p", {}, t(`order_move.${move}.ask`)),
      reason && h("label", { for: "move-reason" }, t("field.reason")),
      reason,
      refused,
      h("div", { class: "row" },
        h("button", { class: `button step-${TONES[move]}`, type: "submit" }, t("confirm")),
        h("button", { class: "button", type: "button", onclick: () => replace(place) }, t("cancel"))));

    async function go(event) {
      event.preventDefault();
      const after = await submitting(form, refused, () =>
        post(`/api/orders/${encodeURIComponent(order.order_id)}/${move}`, reason ? { reason: reason.value.trim() } : {}));
      if (after) moved(after);
    }

    replace(place, form);
    (reason || form.querySelector("button")).focus();
  }

  return h("article", { class: "order-detail", "data-order": order.order_id },
    order.danger_note && h("div", { class: "danger", role: "note" }, h("strong", {}, t("danger.title")), data(order.danger_note)),
    h("header", { class: "order-head" },
      plateChip(orderPlate(order), "large"),
      h("span", { class: `tag order-${order.state}` }, t(`order_state.${order.state}`)),
      h("span", { class: `priority priority-${order.priority}` }, t("priority.n", { n: order.priority }))),
    h("div", { class: "row" }, buttons),
    place,
    facts([
      ["field.reason", data(order.reason)],
      ["field.case_number", data(order.case_number)],
      ["field.legal_basis", data(order.legal_basis)],
      ["field.contact", data(order.contact)],
      ["field.instructions", order.instructions && data(order.instructions)],
      ["field.plate_class", order.plate_class ? term("class", order.plate_class) : h("span", {}, t("any"))],
      ["field.colour", order.colour ? term("colour", order.colour) : h("span", {}, t("any"))],
      ["field.checkpoints", order.checkpoints.length ? data(order.checkpoints.map(nameOf).join("、")) : h("span", {}, t("everywhere"))],
      ["field.directions", order.directions.length ? h("span", {}, order.directions.map((d, at) => [at > 0 && " · ", term("direction", d)])) : h("span", {}, t("any"))],
      ["field.valid_from", order.valid_from ? time(order.valid_from) : h("span", {}, t("orders.from_approval"))],
      ["field.valid_until", time(order.valid_until)],
      ["field.applicant", data(order.applicant)],
      ["field.approver", order.approver && data(order.approver)],
      ["field.order_id", data(order.order_id, { class: "code" })],
    ]),
    h("h3", {}, t("orders.history")),
    h("ol", { class: "history" },
      h("li", {}, time(order.created_at), " ", h("strong", {}, t("order_state.draft")), " ", data(order.applicant)),
      order.history.map((step) => h("li", {},
        time(step.at), " ",
        h("strong", {}, t(`order_state.${step.to}`)), " ",
        step.user === "(clock)" ? h("span", { class: "muted" }, t("orders.clock")) : data(step.user),
        step.reason && h("p", { class: "history-words" }, data(step.reason))))));
}
