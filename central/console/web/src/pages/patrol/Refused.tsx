// Steps that the server would not have: what, when and why, until somebody has read it.
import { Problem } from "../../api/client";
import { useSpeech } from "../../base/language";
import { problemText } from "../../parts/States";
import { Data, Term, Time } from "../../parts/Text";
import type { Outbox } from "../../phone/outbox";
import type { Queued } from "../../phone/store";

export function Refused({ entries, outbox }: { entries: Queued[]; outbox: Outbox }) {
  const speech = useSpeech();
  const { t } = speech;
  if (!entries.length) return null;
  return (
    <ul className="refused" aria-label={t("patrol.refused")}>
      {entries.map((entry) => {
        const { refused } = entry;
        return (
          <li key={entry.id} className={refused ? "refused-one" : "unsent-one"} role="alert">
            <p>
              <Data className="refused-plate">{entry.plate}</Data>{" "}
              <strong>
                <Term group="step" code={entry.step} />
              </strong>{" "}
              <Time iso={entry.made_at} date={false} />
            </p>
            {entry.note && (
              <p>
                <Data>{entry.note}</Data>
              </p>
            )}
            {refused ? (
              <>
                <p>
                  {t("patrol.refused.why")} {problemText(new Problem(refused.status, {}), speech)}
                  {refused.detail && (
                    <>
                      <br />
                      <Data className="server-words">{refused.detail}</Data>
                    </>
                  )}
                </p>
                <div className="refused-buttons">
                  <button className="button" type="button" onClick={() => void outbox.again(entry)}>
                    {t("again")}
                  </button>
                  <button className="button" type="button" onClick={() => void outbox.drop(entry)}>
                    {t("gap.seen")}
                  </button>
                </div>
              </>
            ) : (
              <p>{t("patrol.unsent")}</p>
            )}
          </li>
        );
      })}
    </ul>
  );
}
