// A question that one page hands to another: a plate that was clicked, a search of a saved case. In memory only:
// plates stay out of the address and the browser's history.
import { go } from "../base/route";
import type { Purpose } from "./Purpose";

/** Of a search of passages, what is given; the rest is as the form has it. */
export interface SearchHandover {
  page: "track";
  purpose: Purpose;
  /** As `POST /api/searches` takes it. */
  asked: Record<string, unknown>;
  /** Asked at once: whoever clicked a plate wants to see where it went. */
  now: boolean;
}

export interface AnalysisHandover {
  page: "analyses";
  purpose: Purpose;
  kind: string;
  /** As `POST /api/analyses/{kind}` takes it. */
  asked: Record<string, unknown>;
}

export interface GrantHandover {
  page: "grants";
  purpose: Purpose;
  since: string | null;
}

export type Handover = SearchHandover | AnalysisHandover | GrantHandover;

let waiting: Handover | null = null;
const listeners = new Set<() => void>();

/** Go to the page with it. */
export function handOver(question: Handover): void {
  waiting = question;
  go(question.page);
  for (const heard of [...listeners]) heard();
}

/** What waits for this page, once. */
export function takeOver<Page extends Handover["page"]>(page: Page): Extract<Handover, { page: Page }> | null {
  if (waiting?.page !== page) return null;
  const found = waiting as Extract<Handover, { page: Page }>;
  waiting = null;
  return found;
}

/** Told where something waits while the page is open already. */
export function onHandover(heard: () => void): () => void {
  listeners.add(heard);
  return () => listeners.delete(heard);
}

/** Somebody else sits down. */
export function forgetHandover(): void {
  waiting = null;
}
