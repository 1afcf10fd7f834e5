// From checkpoint to checkpoint: how long it took, how far it is, how fast that is. Asked for by itself.
import { answer, api } from "../../api/client";
import { useLoaded } from "../../api/load";
import type { Passage } from "../../api/types";
import { useSpeech } from "../../base/language";
import { spanText, wholeText, zone } from "../../base/time";
import { Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, None, Time } from "../../parts/Text";
import type { Wanted } from "./question";

export function Legs({ plate, asked }: { plate: string; asked: Wanted }) {
  const { t, number } = useSpeech();
  const { since, until, reason, case_number } = asked;
  const body = { plate, since, until, reason, case_number };
  const { data, problem, again } = useLoaded(JSON.stringify(body), () =>
    answer(api.POST("/api/searches/way", { body })),
  );
  if (!data) return problem ? <Failed problem={problem} again={again} /> : <Loading />;
  if (!data.legs.length) return <Empty what="legs.none" />;
  const known = new Map<string, Passage>(data.passages.map((p) => [p.passage_id, p]));
  const head = [
    t("legs.from"),
    t("legs.to"),
    t("legs.left", { zone: zone() }),
    t("legs.came", { zone: zone() }),
    t("legs.took"),
    t("legs.distance"),
    t("legs.speed"),
  ];
  const longest = Math.max(...data.legs.map((leg) => leg.kmh ?? 0), 1);
  return (
    <div className="legs">
      <div className="scroll legs-scroll" tabIndex={0} role="group" aria-label={t("track.view.legs")}>
        <table className="table legs-table">
          <caption className="visually-hidden">{t("track.view.legs")}</caption>
          <TableHead texts={head} />
          <tbody>
            {data.legs.map((leg) => {
              const [from, to] = [known.get(leg.start), known.get(leg.end)];
              return (
                <tr key={leg.end} className={leg.impossible ? "leg-impossible" : undefined}>
                  <td>
                    <Data>{from?.checkpoint.name}</Data>
                  </td>
                  <td>
                    <Data>{to?.checkpoint.name}</Data>
                  </td>
                  <td className="numbers">
                    <Time iso={from?.captured_at} labelled={false} />
                  </td>
                  <td className="numbers">
                    <Time iso={to?.captured_at} labelled={false} />
                  </td>
                  <td className="numbers">{spanText(leg.seconds * 1000)}</td>
                  <td className="numbers">
                    {leg.metres === null ? (
                      <None />
                    ) : (
                      <>
                        {t("legs.km", { n: number(leg.metres / 1000, { maximumFractionDigits: 1 }) })}{" "}
                        <span className="muted">{t(leg.by_road ? "legs.by_road" : "legs.straight")}</span>
                      </>
                    )}
                  </td>
                  <td className="numbers">
                    {leg.kmh === null ? (
                      <None />
                    ) : (
                      <span className="likelihood">
                        <svg viewBox="0 0 60 6" aria-hidden="true">
                          <rect className="likelihood-ground" width="60" height="6" rx="3" />
                          <rect
                            className={leg.impossible ? "likelihood-bad" : "likelihood-value"}
                            width={Math.max(2, (60 * leg.kmh) / longest)}
                            height="6"
                            rx="3"
                          />
                        </svg>
                        {t("speed.kmh", { n: number(leg.kmh, { maximumFractionDigits: 0 }) })}
                        {leg.impossible && <span className="tag tag-bad">{t("legs.impossible")}</span>}
                      </span>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p className="hint">
        {t(data.complete ? "legs.note" : "legs.note.cut", { n: number(data.passages.length) })}{" "}
        {data.clipped_since && t("track.clipped", { time: wholeText(data.clipped_since) })} {t("track.audited")}{" "}
        <Data className="code">{data.audit_id}</Data>
      </p>
    </div>
  );
}
