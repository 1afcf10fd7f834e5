// The signed digests of past days: what a third party holds the trail against.
import { answer, api } from "../../api/client";
import { useLoaded } from "../../api/load";
import type { Digest } from "../../api/types";
import { useSpeech } from "../../base/language";
import { Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data } from "../../parts/Text";
import { Window } from "../../parts/Window";

/** The form in which a digest is handed on and `bukong central audit verify-digest` reads it. */
function fileOf({ body, signature }: Digest): string {
  return URL.createObjectURL(
    new Blob([JSON.stringify({ body, signature }, null, 2)], { type: "application/json" }),
  );
}

export function Digests({ close }: { close: () => void }) {
  const { t, number } = useSpeech();
  const { data, problem, again } = useLoaded("digests", () =>
    answer(api.GET("/api/audit/digests")).then(({ digests }) => digests),
  );
  const save = (digest: Digest) => {
    const link = document.createElement("a");
    link.href = fileOf(digest);
    link.download = `${digest.day}.json`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const head = [
    t("digests.day"),
    t("digests.entries"),
    t("digests.up_to"),
    t("field.sha256"),
    t("digests.signature"),
    t("field.action"),
  ];
  return (
    <Window label={t("audit.digests")} close={close}>
      <p className="hint">
        {t("digests.note")} <Data className="code">bukong central audit verify-digest</Data>
      </p>
      {problem && <Failed problem={problem} again={again} />}
      {!data && !problem && <Loading />}
      {data && !data.length && <Empty what="digests.none" />}
      {data && data.length > 0 && (
        <div className="scroll">
          <table className="table">
            <caption className="visually-hidden">{t("audit.digests")}</caption>
            <TableHead texts={head} />
            <tbody>
              {data.map((digest) => {
                const { first, last, entries, head: hash } = digest.body as Record<string, number | string>;
                return (
                  <tr key={digest.day}>
                    <td className="numbers">{digest.day}</td>
                    <td className="numbers">
                      <Data>{last === 0 ? "0" : `${String(first)}–${String(last)}`}</Data>
                    </td>
                    <td className="numbers">{number(Number(entries))}</td>
                    <td>
                      <Data className="code muted">{String(hash ?? "").slice(0, 16)}</Data>
                    </td>
                    <td>
                      <Data className="code muted">{digest.signature.slice(0, 16)}</Data>
                    </td>
                    <td>
                      <button
                        className="button"
                        type="button"
                        aria-label={t("digests.save.of", { day: digest.day })}
                        onClick={() => save(digest)}
                      >
                        {t("digests.save")}
                      </button>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Window>
  );
}
