// The steps an alert allows this user, as buttons with keys.
import {
  type KeyboardEvent,
  type Ref,
  type SubmitEvent,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { answer, api, asProblem, Problem } from "../../api/client";
import type { Alert } from "../../api/types";
import { useSpeech } from "../../base/language";
import { isOpen } from "../../live/desk";
import { Complaint } from "../../parts/States";
import { Data, Kbd } from "../../parts/Text";
import { type Action, allowed, toneOf } from "./steps";

/** Somebody who may be sent. */
export interface Candidate {
  unit: string; // what the step `dispatch` is told
  name: string;
  /** Why they: where, when; in words. */
  why: string;
}

export interface Presser {
  /** The keyboard's way to a step; does nothing where it is not allowed. */
  press: (id: string) => void;
  /** Send the unit at this place of the candidates, the first is 0; does nothing where none may be sent. */
  send: (at: number) => void;
}

interface StepBarProps {
  alert: Alert;
  candidates: Candidate[];
  /** Is given the alert as the server answers it. */
  taken: (alert: Alert) => void;
  ref: Ref<Presser>;
}

/** `key` it by the alert: nothing of one alert's form may be left at the next. */
export function StepBar({ alert, candidates, taken, ref }: StepBarProps) {
  const { t } = useSpeech();
  const [asking, setAsking] = useState<Action | null>(null);
  const [refused, setRefused] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const bar = useRef<HTMLDivElement>(null);
  const running = useRef(false);
  const actions = allowed(alert);
  // A form that is being filled in stays while its step is still allowed, and the alert where it was.
  const [before, setBefore] = useState(alert);
  if (before !== alert) {
    const moved = before.state !== alert.state || before.may.join() !== alert.may.join();
    setBefore(alert);
    if (moved) {
      setAsking(null);
      setRefused(null);
      setBusy(false); // the live event may come before the answer to the step: it is done all the same
    }
  }
  useLayoutEffect(() => {
    running.current = false;
  }, [alert.state]);

  const take = async (action: Action, words: { unit?: string; note?: string } = {}) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    // To the bar, not to the next button: a key held too long must not take the next step.
    if (bar.current?.contains(document.activeElement)) bar.current.focus();
    try {
      const path = { alert_id: alert.alert_id };
      const body = {
        step: action.step,
        verdict: action.verdict ?? null,
        seen_steps: alert.steps.length,
        unit: "",
        note: "",
        ...words,
      };
      const after = await answer(api.POST("/api/alerts/{alert_id}/steps", { params: { path }, body }));
      // The live event may have come first, and the next step's form be open already.
      setAsking((now) => (now === action ? null : now));
      setRefused(null);
      taken(after);
    } catch (error) {
      setRefused(asProblem(error));
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  const begin = (action: Action) => {
    setRefused(null);
    if (action.asks) setAsking(action);
    else void take(action);
  };
  const dispatch = actions.find(({ id }) => id === "dispatch");
  useImperativeHandle(ref, () => ({
    press(id) {
      const action = actions.find((each) => each.id === id);
      if (action) begin(action);
    },
    send(at) {
      const candidate = candidates[at];
      if (dispatch && candidate) void take(dispatch, { unit: candidate.unit });
    },
  }));

  return (
    <div className="steps" ref={bar} tabIndex={-1} aria-busy={busy || undefined}>
      <div className="steps-buttons" role="group" aria-label={t("steps.title")}>
        {actions.map((action) => (
          <button
            key={action.id}
            className={`button step step-${toneOf(action, alert)}`}
            type="button"
            data-action={action.id}
            onClick={() => begin(action)}
          >
            {t(action.label)}
            <Kbd>{action.key.toUpperCase()}</Kbd>
          </button>
        ))}
        {!actions.length && (
          <p className="muted">{t(isOpen(alert) ? "steps.none.others" : "steps.none.ended")}</p>
        )}
      </div>
      {dispatch && asking?.id !== "dispatch" && (
        <Candidates candidates={candidates} choose={(unit) => void take(dispatch, { unit })} />
      )}
      {asking && (
        <StepForm
          key={asking.id}
          action={asking}
          candidates={asking.asks === "unit" ? candidates : []}
          take={(words) => void take(asking, words)}
          cancel={() => {
            setAsking(null);
            bar.current?.focus();
          }}
        />
      )}
      {refused && <Complaint problem={refused} />}
    </div>
  );
}

/** Who may be sent, each by its digit. */
function Candidates({ candidates, choose }: { candidates: Candidate[]; choose: (unit: string) => void }) {
  const { t } = useSpeech();
  if (!candidates.length) return null;
  return (
    <ol className="candidates" aria-label={t("dispatch.candidates")}>
      {candidates.slice(0, 9).map(({ unit, name, why }, at) => (
        <li key={unit}>
          <button className="candidate" type="button" data-unit={unit} onClick={() => choose(unit)}>
            <Kbd>{at + 1}</Kbd>
            <Data className="candidate-name">{name}</Data>
            <span className="candidate-why">{why}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

interface StepFormProps {
  action: Action;
  candidates: Candidate[];
  take: (words: { unit?: string; note?: string }) => void;
  cancel: () => void;
}

function StepForm({ action, candidates, take, cancel }: StepFormProps) {
  const { t } = useSpeech();
  const [words, setWords] = useState("");
  const field = useRef<HTMLTextAreaElement & HTMLInputElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const asks = action.asks ?? "note";
  useEffect(() => field.current?.focus(), []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const said = words.trim();
    // A unit's name stands for the unit, so that it counts as engaged; whoever else is sent is named as typed.
    const named = candidates.find(({ name }) => name === said);
    take({ [asks]: named?.unit ?? said });
  };
  const typed = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const candidate = words === "" && /^[1-9]$/.test(event.key) ? candidates[Number(event.key) - 1] : undefined;
    if (event.key === "Escape") cancel();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      form.current?.requestSubmit();
    } else if (candidate) {
      event.preventDefault();
      take({ unit: candidate.unit });
    }
  };
  const common = {
    id: "step-field",
    name: asks,
    required: action.needed === true,
    maxLength: 500,
    autoComplete: "off",
    value: words,
    onKeyDown: typed,
    onChange: ({ target }: { target: { value: string } }) => setWords(target.value),
  };
  return (
    <form className="step-form" ref={form} onSubmit={submit}>
      <label htmlFor="step-field">{action.question && t(action.question)}</label>
      <Candidates candidates={candidates} choose={(unit) => take({ unit })} />
      {asks === "unit" ? (
        <input ref={field} type="text" {...common} />
      ) : (
        <textarea ref={field} rows={2} {...common} />
      )}
      <div className="row">
        <button className={`button step-${action.tone}`} type="submit">
          {t("confirm")}
          <Kbd>↵</Kbd>
        </button>
        <button className="button" type="button" onClick={cancel}>
          {t("cancel")}
          <Kbd>Esc</Kbd>
        </button>
      </div>
    </form>
  );
}
