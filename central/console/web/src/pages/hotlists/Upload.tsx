// Hand in a file, the whole list as it is to be: chosen, or dropped here.
import { type DragEvent, useRef, useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import type { Hotlist, HotlistImport } from "../../api/types";
import { useSpeech } from "../../base/language";
import { Complaint } from "../../parts/States";
import { Data } from "../../parts/Text";

const KINDS = ".csv,.xlsx,.xlsm,.xlsb,.ods,text/csv";
/** As they are called everywhere. */
const NAMES = "CSV · XLSX";

interface UploadProps {
  hotlist: Hotlist;
  handed: (found: HotlistImport) => void;
}

export function Upload({ hotlist, handed }: UploadProps) {
  const { t } = useSpeech();
  const [busy, setBusy] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const chosen = useRef<HTMLInputElement>(null);
  const send = async (file: File | undefined) => {
    if (!file || busy) return;
    setBusy(file.name);
    setProblem(null);
    try {
      const found = await answer(
        api.POST("/api/hotlists/{hotlist_id}/imports", {
          params: { path: { hotlist_id: hotlist.hotlist_id }, query: { name: file.name } },
          // The document says bytes, which its types call text; a file is sent as it is.
          body: file as unknown as string,
          bodySerializer: () => file,
          headers: { "Content-Type": "application/octet-stream" },
        }),
      );
      handed(found);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(null);
      if (chosen.current) chosen.current.value = "";
    }
  };
  return (
    <div>
      <div
        className="upload"
        data-over={over}
        onDragOver={(event: DragEvent) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event: DragEvent) => {
          event.preventDefault();
          setOver(false);
          void send(event.dataTransfer.files[0]);
        }}
      >
        <label className="button button-main" htmlFor="hotlist-file">
          {t("import.choose")}
        </label>
        <input
          ref={chosen}
          id="hotlist-file"
          className="upload-file"
          type="file"
          accept={KINDS}
          onChange={({ target }) => void send(target.files?.[0])}
        />
        {busy ? (
          <p role="status">
            {t("import.sending")} <Data>{busy}</Data>
          </p>
        ) : (
          <p>
            {t("import.drop")} <Data className="muted">{NAMES}</Data>
          </p>
        )}
        <p className="hint">{t("import.hint")}</p>
        <p className="hint">{t("import.columns")}</p>
      </div>
      {problem && <Complaint problem={problem} />}
    </div>
  );
}
