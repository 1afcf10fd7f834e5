// The keys, documented where they work; and the switch that turns them off.

import { h } from "../dom.js";
import { t } from "../language.js";
import { choose, setting } from "../settings.js";
import { ACTIONS } from "./steps.js";

const MOVES = [["J", "keys.next"], ["K", "keys.previous"], ["O", "keys.scene"], ["?", "keys.help"], ["Esc", "keys.close"]];

export function openKeys() {
  const row = ([key, text]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, t(text)));
  const enabled = h("input", { type: "checkbox", checked: setting("keys"), onchange: () => choose("keys", enabled.checked) });
  const dialog = h("dialog", { class: "window window-narrow", "aria-label": t("keys.title"), onclose: () => dialog.remove() },
    h("header", { class: "window-head" }, h("h2", {}, t("keys.title")), h("button", { class: "button", type: "button", onclick: () => dialog.close() }, t("close"))),
    h("p", { class: "muted" }, t("keys.note")),
    h("dl", { class: "keys" }, MOVES.map(row), ACTIONS.map(({ id, key }) => row([key.toUpperCase(), `step.${id}`]))),
    h("label", { class: "row" }, enabled, t("keys.enabled")));
  document.body.append(dialog);
  dialog.showModal();
}
