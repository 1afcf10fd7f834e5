// What a section's figures mean, and its day as rows of a chart.
import type { FlowForecast, FlowSection, FlowToday } from "../../api/types";
import { clockText } from "../../base/time";

/** Travel time against free flow, from which on traffic is so. */
export const BOUNDS = { slow: 1.3, jammed: 1.6, blocked: 2.2 } as const;
export const STATES = ["free", "slow", "jammed", "blocked", "unknown"] as const;
export type FlowState = (typeof STATES)[number];

export function stateOf(congestion: number | null): FlowState {
  if (congestion === null) return "unknown";
  if (congestion >= BOUNDS.blocked) return "blocked";
  if (congestion >= BOUNDS.jammed) return "jammed";
  return congestion >= BOUNDS.slow ? "slow" : "free";
}

export const keyOf = ({ start, end }: Pick<FlowSection, "start" | "end">) =>
  `${start.checkpoint_id}|${end.checkpoint_id}`;

export const MEASURES = ["vehicles", "seconds", "kmh"] as const;
export type Measure = (typeof MEASURES)[number];

/** One quarter of an hour, or an hour. */
export interface Row {
  begins: string;
  label: string;
  /** null: not known, too few to be told, or still to come. */
  seen: number | null;
  usual: number | null;
  low: number | null;
  high: number | null;
  ahead: number | null;
  aheadLow: number | null;
  aheadHigh: number | null;
}

const MINUTE = 60;
const scaled = (value: number | null, measure: Measure) =>
  value === null ? null : measure === "seconds" ? value / MINUTE : value;

/** The day so far, and what is foretold of it; beyond midnight only what is foretold. */
export function rowsOf(measure: Measure, today: FlowToday, ahead: FlowForecast | null): Row[] {
  const rows = new Map<string, Row>();
  const blank = (begins: string): Row => ({
    begins,
    label: clockText(new Date(begins), { seconds: false }),
    seen: null,
    usual: null,
    low: null,
    high: null,
    ahead: null,
    aheadLow: null,
    aheadHigh: null,
  });
  for (const quarter of today.quarters) {
    const row = blank(quarter.begins);
    row.seen = scaled(quarter[measure], measure);
    if (measure !== "kmh") {
      row.usual = scaled(quarter[`usual_${measure}`], measure);
      row.low = scaled(quarter[`usual_${measure}_p10`], measure);
      row.high = scaled(quarter[`usual_${measure}_p90`], measure);
    }
    rows.set(quarter.begins, row);
  }
  if (ahead && measure !== "kmh") {
    for (const quarter of ahead.quarters) {
      const row = rows.get(quarter.begins) ?? blank(quarter.begins);
      row.usual ??= scaled(quarter[`usual_${measure}`], measure);
      row.ahead = scaled(quarter[measure], measure);
      row.aheadLow = scaled(quarter[`${measure}_p10`], measure);
      row.aheadHigh = scaled(quarter[`${measure}_p90`], measure);
      rows.set(quarter.begins, row);
    }
  }
  return [...rows.values()];
}
