// The period that is looked at: whole local days.
import dayjs from "dayjs";

export interface Period {
  first: string; // YYYY-MM-DD
  last: string; // inclusive
}

export const PRESETS = ["week", "month", "last_month"] as const;
export type Preset = (typeof PRESETS)[number];

export function presetOf(preset: Preset, now: Date = new Date()): Period {
  const today = dayjs(now);
  const day = (moment: dayjs.Dayjs) => moment.format("YYYY-MM-DD");
  if (preset === "week") return { first: day(today.subtract(6, "day")), last: day(today) };
  if (preset === "month") return { first: day(today.startOf("month")), last: day(today) };
  const month = today.subtract(1, "month");
  return { first: day(month.startOf("month")), last: day(month.endOf("month")) };
}

/** [since, until) as the API takes it. */
export function boundsOf({ first, last }: Period): { since: string; until: string } {
  return { since: dayjs(first).toISOString(), until: dayjs(last).add(1, "day").toISOString() };
}
