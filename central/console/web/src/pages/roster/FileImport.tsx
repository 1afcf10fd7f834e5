// The roster from a file: looked at first, then entered as a whole or not at all.
import { useState } from "react";
import { answer, api } from "../../api/client";
import { useCommand } from "../../api/command";
import { useSpeech } from "../../base/language";
import { Complaint } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data } from "../../parts/Text";

interface Outcome {
  entered: number;
  errors: { line: number; why: string }[];
}

/** Spreadsheets write UTF-8 or, in China, GB 18030. */
export function decoded(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

function send(text: string, preview: boolean): Promise<Outcome> {
  return answer(
    api.POST("/api/roster/import", {
      params: { query: { preview } },
      body: text,
      bodySerializer: (body) => body,
      headers: { "Content-Type": "text/csv" },
    }),
  );
}

export function FileImport({ imported }: { imported: () => void }) {
  const { t, number } = useSpeech();
  const [file, setFile] = useState<{ name: string; text: string; found: Outcome } | null>(null);
  const [done, setDone] = useState<number | null>(null);
  const { busy, problem, run, forget } = useCommand();
  const read = (chosen: File) => {
    setFile(null);
    setDone(null);
    void run(async () => {
      const text = decoded(await chosen.arrayBuffer());
      setFile({ name: chosen.name, text, found: await send(text, true) });
    });
  };
  const enter = (text: string) =>
    run(async () => {
      const { entered } = await send(text, false);
      setFile(null);
      setDone(entered);
      imported();
    });
  return (
    <section className="form" aria-labelledby="roster-import">
      <h2 id="roster-import">{t("roster.import")}</h2>
      <p className="hint">{t("roster.import.hint")}</p>
      <div className="row file">
        <input
          id="roster-file"
          className="visually-hidden"
          type="file"
          accept=".csv,text/csv"
          onChange={({ target }) => {
            forget();
            if (target.files?.[0]) read(target.files[0]);
            target.value = ""; // or a file that was mended and is chosen again would be no change
          }}
        />
        <label className="button" htmlFor="roster-file">
          {t("roster.file")}
        </label>
      </div>
      {problem && <Complaint problem={problem} />}
      {done !== null && (
        <p className="tag-good" role="status">
          {t("roster.imported", { n: number(done) })}
        </p>
      )}
      {file && file.found.errors.length > 0 && (
        <div role="alert">
          <p className="bad">
            <Data>{file.name}</Data> {t("roster.wrong", { n: number(file.found.errors.length) })}
          </p>
          <table className="table roster-errors">
            <caption className="visually-hidden">{t("roster.errors")}</caption>
            <TableHead texts={[t("roster.line_number"), t("roster.why")]} />
            <tbody>
              {file.found.errors.map(({ line, why }) => (
                <tr key={`${line} ${why}`}>
                  <td className="numbers">{line}</td>
                  <td>
                    <Data>{why}</Data>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {file && !file.found.errors.length && (
        <div className="row">
          <p>
            <Data>{file.name}</Data> {t("roster.would", { n: number(file.found.entered) })}
          </p>
          <button
            className="button button-main"
            type="button"
            aria-disabled={busy}
            data-action="import"
            onClick={() => void enter(file.text)}
          >
            {t("roster.import.do")}
          </button>
        </div>
      )}
    </section>
  );
}
