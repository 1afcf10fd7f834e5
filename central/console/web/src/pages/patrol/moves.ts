// What a unit may still say, with what it has said already and is not sent yet: a dead link must not hold it up.
import type { Dispatch } from "../../api/types";
import type { CrewMove, Queued } from "../../phone/store";

const ORDER: CrewMove[] = ["under_way", "on_scene", "intercepted", "missed", "feedback"];
const OUTCOMES: ReadonlySet<string> = new Set(["intercepted", "missed"]);

/** In the order in which they usually come. */
export function movesLeft(dispatch: Dispatch, waiting: Queued[]): CrewMove[] {
  let may = ORDER.filter((move) => dispatch.may.includes(move));
  for (const { step } of waiting) {
    if (OUTCOMES.has(step)) may = ["feedback"];
    else may = may.filter((move) => move !== step);
  }
  // Whoever is in place has set out: no use in saying so afterwards.
  const placed =
    waiting.some(({ step }) => step === "on_scene") || dispatch.steps.some(({ step }) => step === "on_scene");
  return placed ? may.filter((move) => move !== "under_way") : may;
}
