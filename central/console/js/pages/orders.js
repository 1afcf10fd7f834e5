// Deployment orders (布控): the list, one of them, or the form for a new one.

import { get, Problem } from "../client.js";
import { data, h, replace } from "../dom.js";
import { t } from "../language.js";
import { time, zone } from "../time.js";
import { hasRole } from "../session.js";
import { checkpoints } from "../places.js";
import { orderDetail } from "../parts/order_detail.js";
import { orderForm } from "../parts/order_form.js";
import { orderPlate, plateChip } from "../parts/plate.js";
import { empty, failed, loading } from "../parts/states.js";

const STATES = ["submitted", "emergency", "active", "approved", "draft", "rejected", "withdrawn", "expired"];
const LIMIT = 200;

export class OrdersPage {
  #desk;
  #state = "";
  #list = h("div", { class: "pane-body" });
  #side = h("section", { class: "pane pane-side" });
  #orders = [];
  #places = [];
  #open; // an order's id, "new", or null
  #form = null;
  #stop = new AbortController();

  /** `open`: an order's id, or "new". */
  constructor(root, desk, open = null) {
    this.#desk = desk;
    this.#open = open;
    const filter = h("select", { id: "order-state", onchange: () => { this.#state = filter.value; this.#load(); } },
      h("option", { value: "" }, t("orders.all")), STATES.map((state) => h("option", { value: state }, t(`order_state.${state}`))));
    replace(root, h("div", { class: `two-panes${open ? " two-panes-open" : ""}` },
      h("section", { class: "pane", "aria-label": t("page.orders") },
        h("header", { class: "pane-head" },
          h("h1", {}, t("page.orders")),
          h("label", { class: "visually-hidden", for: "order-state" }, t("orders.filter")), filter,
          hasRole("applicant") && h("a", { class: "button button-main", href: "#/orders/new" }, t("orders.new"))),
        this.#list),
      this.#side));
    desk.addEventListener("order", ({ detail }) => this.#changed(detail), { signal: this.#stop.signal });
    desk.link.addEventListener("resumed", () => this.#load(), { signal: this.#stop.signal });
    replace(this.#list, loading());
    this.#load();
  }

  close() {
    this.#form?.keep();
    this.#stop.abort();
  }

  async #load() {
    try {
      const query = new URLSearchParams({ limit: LIMIT, ...(this.#state && { state: this.#state }) });
      const [{ orders }, places] = await Promise.all([get(`/api/orders?${query}`), checkpoints()]);
      this.#orders = orders;
      this.#places = places;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      replace(this.#list, failed(problem, () => this.#load()));
      replace(this.#side);
      return;
    }
    this.#drawList();
    this.#drawSide();
  }

  // A live order says that something changed; what this user may do with it only an answer to this user says.
  #changed(order) {
    const known = this.#orders.find(({ order_id }) => order_id === order.order_id);
    if (!known || known.version < order.version) this.#load();
  }

  #moved(order) {
    this.#orders = [order, ...this.#orders.filter(({ order_id }) => order_id !== order.order_id)];
    this.#drawList();
    this.#drawSide();
  }

  #drawList() {
    if (!this.#orders.length) return replace(this.#list, empty("orders.none"));
    const head = [t("field.plate"), t("field.state"), t("field.priority"), t("field.reason"), t("field.applicant"), t("field.valid_until_zone", { zone: zone() })];
    return replace(this.#list, h("table", { class: "table orders" },
      h("caption", { class: "visually-hidden" }, t("page.orders")),
      h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, this.#orders.map((order) => h("tr", { "data-order": order.order_id, "aria-current": String(order.order_id === this.#open) },
        h("td", {}, h("a", { class: "plain", href: `#/orders/${order.order_id}`, "aria-label": order.plate_display, translate: "no" }, plateChip(orderPlate(order)))),
        h("td", {}, h("span", { class: `tag order-${order.state}` }, t(`order_state.${order.state}`))),
        h("td", {}, h("span", { class: `priority priority-${order.priority}` }, t("priority.short", { n: order.priority }))),
        h("td", {}, data(order.reason), h("br"), data(order.case_number, { class: "muted code" })),
        h("td", {}, data(order.applicant)),
        h("td", { class: "numbers" }, time(order.valid_until, { labelled: false })))))),
      this.#orders.length >= LIMIT && h("p", { class: "muted" }, t("orders.more", { n: LIMIT })));
  }

  #drawSide() {
    const back = h("a", { class: "button button-quiet back", href: "#/orders" }, t("back"));
    if (this.#open === "new") {
      // Drawn once: a live change of the list must not empty the form.
      if (this.#form) return;
      this.#form = orderForm(this.#places, (order) => {
        this.#form = null;
        location.hash = `#/orders/${order.order_id}`;
      });
      replace(this.#side, back, this.#form.element);
      return;
    }
    const order = this.#orders.find(({ order_id }) => order_id === this.#open);
    if (!this.#open) replace(this.#side, empty("orders.choose"));
    else if (order) replace(this.#side, back, orderDetail(order, this.#places, (after) => this.#moved(after)));
    else replace(this.#side, back, empty("orders.gone"));
  }
}
