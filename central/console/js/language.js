// Both languages are dictionaries with the same keys; a test compares them.

import { data, h } from "./dom.js";

export const LANGUAGES = { "zh-CN": "languages/zh-CN.json", en: "languages/en.json" };
const dictionaries = {};
let current = "zh-CN";

export function language() {
  return current;
}

/** Speak a language from now on; what is on the page already must be drawn again. */
export async function speak(wanted) {
  const name = wanted in LANGUAGES ? wanted : "zh-CN";
  if (!dictionaries[name]) {
    const answer = await fetch(LANGUAGES[name]);
    if (!answer.ok) throw new Error(`expected a dictionary at ${LANGUAGES[name]}, got ${answer.status}`);
    dictionaries[name] = await answer.json();
  }
  current = name;
  document.documentElement.lang = name;
  document.title = t("title");
}

/** The text of a key, `{name}` filled in. An unknown key is shown as it is: wrong, but visible. */
export function t(key, values = {}) {
  const text = dictionaries[current]?.[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function known(key) {
  return key in (dictionaries[current] ?? {});
}

/** A code of the server's ("inbound", "too_small") in words; one we have no words for is shown as it came. */
export function term(group, code) {
  if (!code) return h("span", { class: "muted" }, t("none"));
  return known(`${group}.${code}`) ? h("span", {}, t(`${group}.${code}`)) : data(code);
}

/** As `term`, as text; for attributes. */
export function termText(group, code) {
  return code ? (known(`${group}.${code}`) ? t(`${group}.${code}`) : code) : t("none");
}

/** A number as this language writes it. */
export function number(value, options = {}) {
  return value === null || value === undefined ? t("none") : new Intl.NumberFormat(current, options).format(value);
}

export function percent(value, digits = 0) {
  return number(value, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits });
}
