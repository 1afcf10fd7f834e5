// The audit trail: who did what, when and why; and whether the chain of hashes still holds.

import { get, Problem } from "../client.js";
import { data, h, replace } from "../dom.js";
import { t, term } from "../language.js";
import { time, zone } from "../time.js";
import { empty, failed, loading } from "../parts/states.js";

const PAGE = 100;

export class AuditPage {
  #body = h("div", { class: "pane-body" });
  #mark = h("span", { role: "status" });
  #entries = [];

  constructor(root) {
    replace(root, h("section", { class: "pane page-audit" },
      h("header", { class: "pane-head" }, h("h1", {}, t("page.audit")), this.#mark, h("button", { class: "button", type: "button", onclick: () => this.#load() }, t("refresh"))),
      this.#body));
    replace(this.#body, loading());
    this.#load();
  }

  close() {}

  async #load(before = null) {
    try {
      const query = new URLSearchParams({ limit: PAGE, ...(before !== null && { before }) });
      const { entries, verified, first_bad: firstBad, why } = await get(`/api/audit?${query}`);
      this.#entries = before === null ? entries : [...this.#entries, ...entries];
      replace(this.#mark, h("span", { class: `tag ${verified ? "tag-good" : "tag-bad"}`, "data-verified": String(verified) }, t(verified ? "audit.verified" : "audit.broken")),
        !verified && data([firstBad && `#${firstBad}`, why].filter(Boolean).join(" · "), { class: "bad" }));
      this.#draw(entries.length === PAGE);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      replace(this.#body, failed(problem, () => this.#load(before)));
    }
  }

  #draw(more) {
    if (!this.#entries.length) return replace(this.#body, empty("audit.none"));
    const head = [t("field.number"), t("field.time", { zone: zone() }), t("field.user"), t("field.action"), t("field.subject"), t("field.reason"), t("field.case_number"), t("field.sha256")];
    return replace(this.#body, h("table", { class: "table audit" },
      h("caption", { class: "visually-hidden" }, t("page.audit")),
      h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, this.#entries.map((entry) => h("tr", {},
        h("td", { class: "numbers" }, data(entry.audit_id)),
        h("td", { class: "numbers" }, time(entry.at, { labelled: false })),
        h("td", {}, data(entry.user)),
        h("td", {}, term("action", entry.action)),
        h("td", {}, data(entry.subject, { class: "code" })),
        h("td", {}, entry.reason && data(entry.reason)),
        h("td", {}, entry.case_number && data(entry.case_number)),
        h("td", {}, data(entry.sha256.slice(0, 12), { class: "code muted", title: entry.sha256 })))))),
      more && h("button", { class: "button", type: "button", onclick: () => this.#load(this.#entries.at(-1).audit_id) }, t("audit.more")));
  }
}
