// What was found, as a file to take along: asked for anew, and written down as such.
import { useState } from "react";
import { api, asProblem, type Problem } from "../../api/client";
import { takeFile } from "../../api/file";
import { useSpeech } from "../../base/language";
import { Complaint } from "../../parts/States";
import { Data } from "../../parts/Text";
import type { Wanted } from "./question";

const FORMS = ["csv", "xlsx", "geojson", "pdf"] as const;
type Form = (typeof FORMS)[number];
/** As they are called everywhere. */
const NAMES: Record<Form, string> = { csv: "CSV", xlsx: "XLSX", geojson: "GeoJSON", pdf: "PDF" };

export function Exports({ asked }: { asked: Wanted }) {
  const { t } = useSpeech();
  const [busy, setBusy] = useState<Form | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [taken, setTaken] = useState<string | null>(null);
  const take = async (form: Form) => {
    if (busy) return;
    setBusy(form);
    setProblem(null);
    setTaken(null);
    try {
      const body = { ...asked, limit: 1, form };
      setTaken(await takeFile(api.POST("/api/searches/export", { body, parseAs: "blob" })));
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(null);
    }
  };
  return (
    <div className="exports">
      <div className="row" role="group" aria-label={t("export.title")}>
        <span className="muted">{t("export.title")}</span>
        {FORMS.map((form) => (
          <button
            key={form}
            className="button button-small"
            type="button"
            data-export={form}
            aria-disabled={busy === form}
            title={t(`export.hint.${form}`)}
            onClick={() => void take(form)}
          >
            <Data>{NAMES[form]}</Data>
          </button>
        ))}
      </div>
      {taken && (
        <p className="hint" role="status">
          {t("export.taken")} <Data className="code">{taken}</Data>
        </p>
      )}
      {problem && <Complaint problem={problem} />}
    </div>
  );
}
