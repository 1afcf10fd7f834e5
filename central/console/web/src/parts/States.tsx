// What a panel shows when it has nothing to show: waiting, empty, failed, not allowed.
import type { Problem } from "../api/client";
import { type Key, type Speech, useSpeech } from "../base/language";
import { Data } from "./Text";

export function Loading() {
  const { t } = useSpeech();
  return (
    <div className="state state-loading" role="status">
      <span className="spinner" aria-hidden="true" />
      {t("state.loading")}
    </div>
  );
}

type Hinted = { [K in Key]: `${K}.hint` extends Key ? K : never }[Key];

/** `what` names the text that says what would be here; its hint says what to do for it. */
export function Empty({ what }: { what: Hinted }) {
  const { t } = useSpeech();
  return (
    <div className="state state-empty">
      <p className="state-head">{t(what)}</p>
      <p>{t(`${what}.hint` as Key)}</p>
    </div>
  );
}

export function Denied() {
  const { t } = useSpeech();
  return (
    <div className="state state-denied">
      <p className="state-head">{t("state.denied")}</p>
      <p>{t("state.denied.hint")}</p>
    </div>
  );
}

const BY_STATUS: Partial<Record<number, Key>> = {
  0: "problem.unreachable",
  403: "problem.denied",
  404: "problem.gone",
  409: "problem.conflict",
  413: "problem.large",
  422: "problem.invalid",
  429: "problem.throttled",
  503: "problem.away",
};

/** What a failed call means, in the user's words. */
export function problemText(problem: Problem, { t, word }: Speech): string {
  return word("problem.kind", problem.kind) ?? t(BY_STATUS[problem.status] ?? "problem.unexpected");
}

/** A failed load, with a button that tries again; no right is no failure. */
export function Failed({ problem, again }: { problem: Problem; again?: (() => void) | undefined }) {
  const speech = useSpeech();
  if (problem.status === 403) return <Denied />;
  return (
    <div className="state state-failed" role="alert">
      <p className="state-head">{problemText(problem, speech)}</p>
      {problem.detail && (
        <p>
          {speech.t("problem.server_says")} <Data>{problem.detail}</Data>
        </p>
      )}
      {again && (
        <button className="button" type="button" onClick={again}>
          {speech.t("again")}
        </button>
      )}
    </div>
  );
}

/** A failed command, as a line beside its button; `about` names what it was for where that isn't seen. */
export function Complaint({ problem, about = null }: { problem: Problem; about?: string | null }) {
  const speech = useSpeech();
  return (
    <p className="complaint" role="alert">
      {about && (
        <>
          <Data>{about}</Data>{" "}
        </>
      )}
      {problemText(problem, speech)}
      {problem.detail && (
        <>
          <br />
          <Data className="server-words">{problem.detail}</Data>
        </>
      )}
    </p>
  );
}
