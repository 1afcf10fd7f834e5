// The forms in which something can be taken along as a file, one at a time.
import { type ReactNode, useState } from "react";
import { useCommand } from "../api/command";
import { type Key, useSpeech } from "../base/language";
import { Complaint } from "./States";
import { Data } from "./Text";

/** As they are called everywhere. */
const NAMES = { csv: "CSV", xlsx: "XLSX", geojson: "GeoJSON", pdf: "PDF" } as const;
export type Form = keyof typeof NAMES;

interface ExportButtonsProps<F extends Form> {
  forms: readonly F[];
  hint?: (form: F) => Key;
  /** Gives the file to the user. @throws {Problem} */
  take: (form: F) => Promise<unknown>;
  /** What is said below. */
  children?: ReactNode;
}

export function ExportButtons<F extends Form>({ forms, hint, take, children }: ExportButtonsProps<F>) {
  const { t } = useSpeech();
  const [taking, setTaking] = useState<F | null>(null);
  const { busy, problem, run } = useCommand();
  const start = (form: F) =>
    run(async () => {
      setTaking(form);
      await take(form);
    });
  return (
    <div className="exports">
      <div className="row" role="group" aria-label={t("export.title")}>
        <span className="muted">{t("export.title")}</span>
        {forms.map((form) => (
          <button
            key={form}
            className="button button-small"
            type="button"
            data-export={form}
            aria-disabled={busy && taking === form}
            title={hint && t(hint(form))}
            onClick={() => void start(form)}
          >
            <Data>{NAMES[form]}</Data>
          </button>
        ))}
      </div>
      {children}
      {problem && <Complaint problem={problem} />}
    </div>
  );
}
