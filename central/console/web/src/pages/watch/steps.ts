// What may be done with an alert, with its keys. What ends or records something asks for words first.
import type { Alert, Step } from "../../api/types";
import type { Key } from "../../base/language";

export interface Action {
  id: string;
  step: Step["step"];
  verdict?: NonNullable<Step["verdict"]>;
  key: string; // pressed on the keyboard
  tone: "good" | "bad" | "plain";
  label: Key;
  /** The field that is shown first; it may stay empty unless `needed`. */
  asks?: "note" | "unit";
  needed?: boolean;
  question?: Key;
}

export const ACTIONS: readonly Action[] = [
  { id: "sign_off", step: "sign_off", key: "s", tone: "good", label: "step.sign_off" },
  { id: "correct", step: "verify", verdict: "correct", key: "c", tone: "good", label: "step.correct" },
  {
    id: "cannot_tell",
    step: "verify",
    verdict: "cannot_tell",
    key: "t",
    tone: "plain",
    label: "step.cannot_tell",
    asks: "note",
    question: "step.cannot_tell.ask",
  },
  {
    id: "dispatch",
    step: "dispatch",
    key: "d",
    tone: "good",
    label: "step.dispatch",
    asks: "unit",
    needed: true,
    question: "step.dispatch.ask",
  },
  {
    id: "intercepted",
    step: "intercepted",
    key: "i",
    tone: "good",
    label: "step.intercepted",
    asks: "note",
    question: "step.intercepted.ask",
  },
  {
    id: "missed",
    step: "missed",
    key: "x",
    tone: "plain",
    label: "step.missed",
    asks: "note",
    question: "step.missed.ask",
  },
  {
    id: "not_needed",
    step: "not_needed",
    key: "u",
    tone: "plain",
    label: "step.not_needed",
    asks: "note",
    question: "step.not_needed.ask",
  },
  {
    id: "feedback",
    step: "feedback",
    key: "f",
    tone: "good",
    label: "step.feedback",
    asks: "note",
    needed: true,
    question: "step.feedback.ask",
  },
  {
    id: "close",
    step: "close",
    key: "e",
    tone: "plain",
    label: "step.close",
    asks: "note",
    question: "step.close.ask",
  },
  {
    id: "misread",
    step: "verify",
    verdict: "misread",
    key: "m",
    tone: "bad",
    label: "step.misread",
    asks: "note",
    question: "step.misread.ask",
  },
];

export function allowed(alert: Alert): Action[] {
  return ACTIONS.filter(
    ({ step, verdict }) => alert.may.includes(step) && (!verdict || alert.may_verdicts.includes(verdict)),
  );
}

/** A second look is possible but no longer what comes next. */
export function toneOf(action: Action, alert: Alert): Action["tone"] {
  return action.verdict === "correct" && alert.state === "verified" ? "plain" : action.tone;
}
