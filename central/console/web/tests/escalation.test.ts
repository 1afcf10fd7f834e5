import { expect, it } from "vitest";
import { dueOf } from "../src/pages/watch/escalation";
import { alert } from "./factories";

const RULES = { after_s: [60, 120, 300, 900], most: 2 };
const RAISED = Date.parse("2026-03-01T04:00:00Z");
const escalated = { ...alert().steps[0], step: "escalate", at: "2026-03-01T04:01:00Z" } as never;

it("runs from the raising, for as long as the priority allows", () => {
  const urgent = alert({ priority: 1, state: "raised", raised_at: "2026-03-01T04:00:00Z" });
  expect(dueOf(urgent, RULES)).toEqual({ since: RAISED, at: RAISED + 60_000 });
  expect(dueOf({ ...urgent, priority: 4, state: "verified" }, RULES)?.at).toBe(RAISED + 900_000);
});

it("runs anew from each escalation, until everybody was asked", () => {
  const asked = alert({ priority: 1, state: "raised", steps: [escalated] });
  expect(dueOf(asked, RULES)?.at).toBe(RAISED + 120_000);
  expect(dueOf({ ...asked, steps: [escalated, escalated] }, RULES)).toBeNull();
});

it("is over once somebody has signed off, and unknown without the rules", () => {
  expect(dueOf(alert({ state: "signed_off" }), RULES)).toBeNull();
  expect(dueOf(alert({ state: "raised" }), null)).toBeNull();
});
