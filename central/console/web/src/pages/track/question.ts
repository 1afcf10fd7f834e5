// What is asked of the passages: as the form holds it, and as the server takes it.
import type { PassageSearch } from "../../api/types";
import type { Purpose } from "../../parts/Purpose";

export type How = "exact" | "pattern" | "like";

/** Empty lists and null: any. Confidence in percent, as it is typed. */
export interface Question {
  how: How;
  plate: string;
  since: string | null;
  until: string | null;
  classes: string[];
  colours: string[];
  checkpoints: string[];
  lanes: string[];
  directions: string[];
  read: "" | "yes" | "no";
  min_confidence: string;
  max_confidence: string;
}

const DAY_MS = 86_400_000;
export const PAGE = 200;

export function blank(): Question {
  return {
    how: "exact",
    plate: "",
    ...lately(1),
    classes: [],
    colours: [],
    checkpoints: [],
    lanes: [],
    directions: [],
    read: "",
    min_confidence: "",
    max_confidence: "",
  };
}

/** The last so many days, a minute of what comes included. */
export function lately(days: number): { since: string; until: string } {
  const now = Date.now();
  return {
    since: new Date(now - days * DAY_MS).toISOString(),
    until: new Date(now + 60_000).toISOString(),
  };
}

const some = <T>(list: T[]): T[] | null => (list.length ? list : null);
const share = (percent: string): number | null => (percent.trim() ? Number(percent) / 100 : null);

export type Wanted = Omit<PassageSearch, "limit" | "cursor">;

/** The server says what is wrong with it, field by field. */
export function wanted(question: Question, purpose: Purpose): Wanted {
  return {
    plate: question.plate.trim() || null,
    how: question.how,
    since: question.since ?? "",
    until: question.until ?? "",
    classes: some(question.classes) as NonNullable<Wanted["classes"]> | null,
    colours: some(question.colours) as NonNullable<Wanted["colours"]> | null,
    checkpoints: some(question.checkpoints),
    lanes: some(question.lanes.map(Number)),
    directions: some(question.directions),
    read: question.read === "" ? null : question.read === "yes",
    min_confidence: share(question.min_confidence),
    max_confidence: share(question.max_confidence),
    ...purpose,
  };
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const percent = (value: unknown): string =>
  typeof value === "number" ? String(Math.round(value * 1000) / 10) : "";
const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** The form for what was asked once, as `wanted` made it; what is left out stays as `before` has it. */
export function questionOf(asked: Record<string, unknown>, before: Question = blank()): Question {
  const how = asked.how;
  return {
    ...before,
    how: how === "pattern" || how === "like" ? how : "exact",
    plate: text(asked.plate) ?? "",
    since: text(asked.since) ?? before.since,
    until: text(asked.until) ?? before.until,
    classes: strings(asked.classes),
    colours: strings(asked.colours),
    checkpoints: strings(asked.checkpoints),
    lanes: strings(asked.lanes),
    directions: strings(asked.directions),
    read: typeof asked.read === "boolean" ? (asked.read ? "yes" : "no") : "",
    min_confidence: percent(asked.min_confidence),
    max_confidence: percent(asked.max_confidence),
  };
}

/** How many conditions there are besides plate and time. */
export function narrowed(question: Question): number {
  const lists = [question.classes, question.colours, question.checkpoints, question.lanes, question.directions];
  const texts = [question.read, question.min_confidence, question.max_confidence];
  return lists.filter((list) => list.length > 0).length + texts.filter(Boolean).length;
}
