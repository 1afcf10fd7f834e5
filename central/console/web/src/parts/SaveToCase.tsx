// Put what was asked into a saved case: the one of this case number, opened where there is none yet.
import { type SubmitEvent, useState } from "react";
import { answer, api, asProblem, type Problem } from "../api/client";
import type { Case } from "../api/types";
import { useSpeech } from "../base/language";
import { address } from "../base/route";
import type { Purpose } from "./Purpose";
import { Complaint } from "./States";
import { Data } from "./Text";
import { Window } from "./Window";

interface SaveToCaseProps {
  kind: "search" | "analysis" | "job";
  purpose: Purpose;
  asked: Record<string, unknown>;
  /** What it is called unless its owner says otherwise. */
  name: string;
}

/** @throws {Problem} */
async function caseOf({ case_number, reason }: Purpose): Promise<Case> {
  const { cases } = await answer(api.GET("/api/cases"));
  const known = cases.find((each) => each.mine && each.case_number === case_number.trim());
  return known ?? (await answer(api.POST("/api/cases", { body: { case_number, reason } })));
}

export function SaveToCase({ kind, purpose, asked, name: usual }: SaveToCaseProps) {
  const { t } = useSpeech();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState(usual);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [saved, setSaved] = useState<Case | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const into = await caseOf(purpose);
      const params = { path: { case_id: into.case_id } };
      await answer(api.POST("/api/cases/{case_id}/questions", { params, body: { kind, name, asked } }));
      setSaved(into);
      setOpen(false);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="save">
      <button
        className="button button-small"
        type="button"
        data-action="save"
        onClick={() => {
          setName(usual);
          setSaved(null);
          setOpen(true);
        }}
      >
        {t("case.save")}
      </button>
      {saved && (
        <span className="hint" role="status">
          {t("case.saved")} <a href={address("cases", saved.case_id)}>{<Data>{saved.case_number}</Data>}</a>
        </span>
      )}
      {open && (
        <Window label={t("case.save")} close={() => setOpen(false)} className="window-narrow">
          <form className="form" onSubmit={(event) => void submit(event)}>
            <p className="hint">
              {t("case.save.into")} <Data>{purpose.case_number}</Data>
            </p>
            <div className="field">
              <label htmlFor="field-saved-name">{t("case.name")}</label>
              <input
                id="field-saved-name"
                type="text"
                required
                maxLength={200}
                autoComplete="off"
                value={name}
                onChange={({ target }) => setName(target.value)}
              />
            </div>
            {problem && <Complaint problem={problem} />}
            <div className="row">
              <button className="button button-main" type="submit" aria-disabled={busy}>
                {t("case.save")}
              </button>
            </div>
          </form>
        </Window>
      )}
    </div>
  );
}
