// Times: the server speaks UTC, the page shows the user's zone and always says which.

import { h } from "./dom.js";
import { t } from "./language.js";

const two = (n) => String(n).padStart(2, "0");

/** "UTC+8", "UTC-3:30": the user's zone at that moment (it changes with summer time). */
export function zone(moment = new Date()) {
  const minutes = -moment.getTimezoneOffset();
  const size = Math.abs(minutes);
  const rest = size % 60 ? `:${two(size % 60)}` : "";
  return `UTC${minutes < 0 ? "-" : "+"}${Math.floor(size / 60)}${rest}`;
}

export function dateText(moment) {
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

export function clockText(moment, { millis = false } = {}) {
  const text = `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
  return millis ? `${text}.${String(moment.getMilliseconds()).padStart(3, "0")}` : text;
}

/** A `<time>`; `labelled` false only where the zone stands in the column's head. */
export function time(iso, { date = true, millis = false, labelled = true } = {}) {
  if (!iso) return h("span", { class: "muted" }, t("none"));
  const moment = new Date(iso);
  const parts = [date && dateText(moment), clockText(moment, { millis }), labelled && zone(moment)];
  return h(
    "time",
    { datetime: iso, translate: "no", title: `${dateText(moment)} ${clockText(moment, { millis: true })} ${zone(moment)}` },
    parts.filter(Boolean).join(" "),
  );
}

/** How long ago, short: "12 s", "4 min". A clock that is ahead of ours gives 0, not a negative age. */
export function age(iso, now = Date.now()) {
  const seconds = Math.max(0, Math.floor((now - Date.parse(iso)) / 1000));
  if (seconds < 60) return t("age.seconds", { n: seconds });
  if (seconds < 3600) return t("age.minutes", { n: Math.floor(seconds / 60) });
  if (seconds < 86400) return t("age.hours", { n: Math.floor(seconds / 3600) });
  return t("age.days", { n: Math.floor(seconds / 86400) });
}

/** What a `datetime-local` field holds for a moment, in the user's zone. */
export function toField(moment) {
  return `${dateText(moment)}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** The UTC moment that a `datetime-local` field means, or null where it is empty. */
export function fromField(value) {
  return value ? new Date(value).toISOString() : null;
}
