// What was found, as a file to take along: asked for anew, and written down as such.
import { useState } from "react";
import { api } from "../../api/client";
import { takeFile } from "../../api/file";
import { useSpeech } from "../../base/language";
import { ExportButtons } from "../../parts/ExportButtons";
import { Data } from "../../parts/Text";
import type { Wanted } from "./question";

const FORMS = ["csv", "xlsx", "geojson", "pdf"] as const;

export function Exports({ asked }: { asked: Wanted }) {
  const { t } = useSpeech();
  const [taken, setTaken] = useState<string | null>(null);
  const take = async (form: (typeof FORMS)[number]) => {
    setTaken(null);
    const body = { ...asked, limit: 1, form };
    setTaken(await takeFile(api.POST("/api/searches/export", { body, parseAs: "blob" })));
  };
  return (
    <ExportButtons forms={FORMS} hint={(form) => `export.hint.${form}`} take={take}>
      {taken && (
        <p className="hint" role="status">
          {t("export.taken")} <Data className="code">{taken}</Data>
        </p>
      )}
    </ExportButtons>
  );
}
