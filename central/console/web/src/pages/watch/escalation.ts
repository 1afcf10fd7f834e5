// When an alert that nobody takes on is escalated: what the centre's clock does, told ahead.
import type { Alert } from "../../api/types";
import type { Escalation } from "../../live/desk";

const WAITING: ReadonlySet<string> = new Set(["raised", "verified"]);

export interface Due {
  since: number; // milliseconds since 1970
  at: number;
}

/** Null where no escalation is owed: somebody has signed off, it has ended, or everybody was asked. */
export function dueOf(alert: Alert, rules: Escalation | null): Due | null {
  if (!rules || !WAITING.has(alert.state)) return null;
  const asked = alert.steps.filter(({ step }) => step === "escalate");
  if (asked.length >= rules.most) return null;
  const seconds = rules.after_s[alert.priority - 1];
  if (seconds === undefined) return null;
  const since = Date.parse(asked.at(-1)?.at ?? alert.raised_at);
  return { since, at: since + seconds * 1000 };
}
