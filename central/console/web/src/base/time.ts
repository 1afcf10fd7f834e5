// Times: the server speaks UTC, the page shows the user's zone and always says which.
import type { Speech } from "./language";

const two = (n: number) => String(n).padStart(2, "0");

/** "UTC+8", "UTC-3:30": the user's zone at that moment (it changes with summer time). */
export function zone(moment: Date = new Date()): string {
  const minutes = -moment.getTimezoneOffset();
  const size = Math.abs(minutes);
  const rest = size % 60 ? `:${two(size % 60)}` : "";
  return `UTC${minutes < 0 ? "-" : "+"}${Math.floor(size / 60)}${rest}`;
}

export function dateText(moment: Date): string {
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

export function clockText(moment: Date, { seconds = true, millis = false } = {}): string {
  const text = `${two(moment.getHours())}:${two(moment.getMinutes())}`;
  if (!seconds) return text;
  const full = `${text}:${two(moment.getSeconds())}`;
  return millis ? `${full}.${String(moment.getMilliseconds()).padStart(3, "0")}` : full;
}

/** Day, time and zone, for a sentence. */
export function wholeText(iso: string): string {
  const moment = new Date(iso);
  return `${dateText(moment)} ${clockText(moment)} ${zone(moment)}`;
}

/** How long ago, short: "12 s ago". A clock that is ahead of ours gives 0, not a negative age. */
export function age(iso: string, { t }: Speech, now: number = Date.now()): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(iso)) / 1000));
  if (seconds < 60) return t("age.seconds", { n: seconds });
  if (seconds < 3600) return t("age.minutes", { n: Math.floor(seconds / 60) });
  if (seconds < 86400) return t("age.hours", { n: Math.floor(seconds / 3600) });
  return t("age.days", { n: Math.floor(seconds / 86400) });
}

/** A span as a clock shows it: "1:05", "2:00:09". */
export function spanText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** What a `datetime-local` field holds for a moment, in the user's zone. */
export function toField(moment: Date): string {
  return `${dateText(moment)}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** The UTC moment that a `datetime-local` field means, or null where it is empty or none. */
export function fromField(value: string): string | null {
  const moment = new Date(value);
  return value && !Number.isNaN(moment.getTime()) ? moment.toISOString() : null;
}
