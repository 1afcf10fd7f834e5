// The switches that every page has: language, theme.

import { h } from "../dom.js";
import { language, t } from "../language.js";
import { choose, setting } from "../settings.js";

/** Named in the language it leads to, so that who can't read this one finds it. */
export function languageSwitch() {
  const [next, name] = language() === "en" ? ["zh-CN", "中文"] : ["en", "English"];
  return h("button", { class: "button button-quiet", type: "button", lang: next, translate: "no", "data-switch": "language", onclick: () => choose("language", next) }, name);
}

export function themeSwitch() {
  const other = () => (setting("theme") === "dark" ? "light" : "dark");
  const button = h("button", {
    class: "button button-quiet", type: "button", "data-switch": "theme",
    onclick: () => {
      choose("theme", other());
      button.textContent = t(`theme.${other()}`);
    },
  }, t(`theme.${other()}`));
  return button;
}
