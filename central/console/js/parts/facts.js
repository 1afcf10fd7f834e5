// Labelled facts, as a description list.

import { h } from "../dom.js";
import { t } from "../language.js";

/** `[[key of the label, node or null], …]`; what isn't known is shown as such. */
export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.map(([label, value]) => h("div", {}, h("dt", {}, t(label)), h("dd", {}, value || h("span", { class: "muted" }, t("none"))))));
}
