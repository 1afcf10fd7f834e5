// Where an alert's vehicle will pass next, and who can be there: asked for once somebody looks at the alert.
import { useEffect, useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import type { Alert, Interception, Unit } from "../../api/types";
import type { Speech } from "../../base/language";
import { clockText } from "../../base/time";
import { type Desk, isOpen, useDesk } from "../../live/desk";
import type { Candidate } from "./StepBar";

/** Each question is a look at the vehicle's history and written down: who walks through the queue asks none. */
const DWELL_MS = 350;
const UNITS_EVERY_MS = 15_000;

export interface Plan {
  plan: Interception | null;
  problem: Problem | null;
}

export function usePlan(desk: Desk, alert: Alert | null): Plan {
  const [found, setFound] = useState<(Plan & { of: string }) | null>(null);
  useDesk(desk, "interceptions");
  const id = alert && isOpen(alert) ? alert.alert_id : null;
  const passage = alert?.passage.passage_id ?? "";
  const key = id === null ? "" : `${id} ${passage}`;
  useEffect(() => {
    if (id === null) return;
    let gone = false;
    const timer = setTimeout(() => {
      answer(api.GET("/api/alerts/{alert_id}/interception", { params: { path: { alert_id: id } } })).then(
        (plan) => {
          if (!gone) setFound({ of: key, plan, problem: null });
        },
        (error: unknown) => {
          if (!gone) setFound({ of: key, plan: null, problem: asProblem(error) });
        },
      );
    }, DWELL_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [id, key]);
  if (id === null) return { plan: null, problem: null };
  const mine = found?.of === key ? found : null;
  const announced = desk.interceptions.get(id);
  if (announced && (!mine?.plan || announced.made_at > mine.plan.made_at))
    return { plan: announced, problem: null };
  return { plan: mine?.plan ?? null, problem: mine?.problem ?? null };
}

/** All units of one's areas, kept up to date. */
export function useUnits(): Unit[] {
  const [units, setUnits] = useState<Unit[]>([]);
  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      try {
        const found = await answer(api.GET("/api/units"));
        if (!gone) setUnits(found.units);
      } catch {
        // The list stays as it was; the page's other parts say that the server is away.
      }
      if (!gone) timer = setTimeout(() => void load(), UNITS_EVERY_MS);
    };
    void load();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, []);
  return units;
}

/** Who may be sent: those whom the plan proposes, the surest first, then those who are free. */
export function candidatesOf(plan: Interception | null, units: Unit[], { t, percent }: Speech): Candidate[] {
  const found = new Map<string, Candidate>();
  const posts = [...(plan?.posts ?? [])].sort((a, b) => b.probability - a.probability);
  for (const post of posts) {
    for (const reach of [post.proposed, ...post.in_time]) {
      if (!reach || found.has(reach.unit_id)) continue;
      const why = t("dispatch.reach", {
        place: post.checkpoint.name,
        time: clockText(new Date(reach.arrives), { seconds: false }),
        chance: percent(reach.chance),
      });
      found.set(reach.unit_id, { unit: reach.unit_id, name: reach.name, why });
    }
  }
  for (const unit of units) {
    if (unit.status !== "free" || unit.engaged !== null || found.has(unit.unit_id)) continue;
    found.set(unit.unit_id, { unit: unit.unit_id, name: unit.name, why: t("dispatch.free") });
  }
  return [...found.values()];
}
