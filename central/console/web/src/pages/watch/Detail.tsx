// One alert, laid out for the decision: is this the plate, and what is to be done.
import { type Ref, useEffect, useState } from "react";
import { answer, api } from "../../api/client";
import type { Alert, AlertPassage, Unit } from "../../api/types";
import { useSpeech } from "../../base/language";
import { spanText } from "../../base/time";
import type { Escalation } from "../../live/desk";
import { Evidence, PlateCrop, Scene, SceneWindow, VehiclePicture } from "../../parts/Evidence";
import { Facts } from "../../parts/Facts";
import { Lattice } from "../../parts/Lattice";
import { orderPlate, PlateChip } from "../../parts/Plate";
import { Data, Lane, Term, Time } from "../../parts/Text";
import { Countdown } from "./Countdown";
import { type Candidate, type Presser, StepBar } from "./StepBar";

/** A unit's step that came later than it was made says when that was. */
const LATE_MS = 15_000;

interface DetailProps {
  alert: Alert;
  candidates: Candidate[];
  units: Unit[];
  rules: Escalation | null;
  enlarged: boolean;
  enlarge: (on: boolean) => void;
  taken: (alert: Alert) => void;
  steps: Ref<Presser>;
}

export function Detail({ alert, candidates, units, rules, enlarged, enlarge, taken, steps }: DetailProps) {
  const { t, percent } = useSpeech();
  const { order, passage } = alert;
  const { plate } = passage;
  return (
    <article className="alert-detail" data-alert={alert.alert_id}>
      {order.danger_note && (
        <div className="danger" role="note">
          <strong>{t("danger.title")}</strong>
          <Data>{order.danger_note}</Data>
        </div>
      )}
      <header className="alert-head">
        <span className={`priority priority-${alert.priority}`}>{t("priority.n", { n: alert.priority })}</span>
        <span className={`tag state-${alert.state}`}>{t(`alert_state.${alert.state}`)}</span>
        <span className={`tag tier-${alert.tier}`}>
          <Term group="tier" code={alert.tier} />
        </span>
        {alert.retro && <span className="tag tier-pattern">{t("alert.retro")}</span>}
        <Countdown alert={alert} rules={rules} />
        <span className="alert-where">
          <Data>{passage.checkpoint.name}</Data>
        </span>
      </header>
      <div className="comparison">
        <div className="comparison-text">
          {plate ? <PlateChip plate={plate} size="huge" /> : <p className="muted">{t("plate.unread")}</p>}
        </div>
        <div className="comparison-picture">
          <PlateCrop passage={passage} />
        </div>
      </div>
      {plate && (
        <div className="reading">
          <Lattice plate={plate} wanted={order.plate} />
          {plate.text !== order.plate && (
            <p className="wanted">
              {t("alert.wanted")} <PlateChip plate={orderPlate(order)} />
            </p>
          )}
        </div>
      )}
      <SeenBefore alert={alert} />
      <StepBar key={alert.alert_id} ref={steps} alert={alert} candidates={candidates} taken={taken} />
      <div className="alert-columns">
        <section className="alert-facts" aria-label={t("alert.passage")}>
          <h3>{t("alert.order")}</h3>
          <Facts
            of={[
              ["field.reason", <Data>{order.reason}</Data>],
              ["field.priority", t("priority.n", { n: order.priority })],
              ["field.case_number", <Data>{order.case_number}</Data>],
              ["field.contact", <Data>{order.contact}</Data>],
              ["field.instructions", order.instructions && <Data>{order.instructions}</Data>],
            ]}
          />
          <h3>{t("alert.passage")}</h3>
          <Facts
            of={[
              ["field.captured_at", <Time iso={passage.captured_at} millis />],
              ["field.checkpoint", <Data>{passage.checkpoint.name}</Data>],
              ["field.lane", <Lane {...passage} />],
              [
                "field.confidence",
                plate && (
                  <span>
                    {percent(plate.confidence, 1)}{" "}
                    <span className="muted">{t("frames.n", { n: plate.frames })}</span>
                  </span>
                ),
              ],
              [
                "field.tier",
                <span>
                  <Term group="tier" code={alert.tier} />{" "}
                  <span className="muted">{t("score.n", { n: percent(alert.score, 1) })}</span>
                </span>,
              ],
              [
                "field.plate_class",
                plate && (
                  <span>
                    <Term group="class" code={plate.plate_class} /> ·{" "}
                    <Term group="colour" code={plate.colour} />
                  </span>
                ),
              ],
              [
                "field.speed",
                passage.speed_kmh !== null && t("speed.kmh", { n: Math.round(passage.speed_kmh) }),
              ],
              ["field.clock", <Term group="clock" code={passage.clock} />],
            ]}
          />
          <h3>{t("alert.history")}</h3>
          <History alert={alert} units={units} />
        </section>
        <section className="alert-pictures" aria-label={t("evidence.title")}>
          <h3>{t("evidence.scene")}</h3>
          <Scene passage={passage} onOpen={() => enlarge(true)} />
          {passage.evidence.vehicle && (
            <>
              <h3>{t("evidence.vehicle")}</h3>
              <VehiclePicture passage={passage} />
            </>
          )}
          {alert.passage_count > 1 && (
            <>
              <h3>{t("alert.passages", { n: alert.passage_count })}</h3>
              <Seen passages={alert.passages} />
            </>
          )}
          {alert.elsewhere > 0 && <p className="muted">{t("alert.elsewhere", { n: alert.elsewhere })}</p>}
        </section>
      </div>
      {enlarged && passage.evidence.scene && <SceneWindow passage={passage} close={() => enlarge(false)} />}
    </article>
  );
}

/** Where the vehicle was before, where that can't be: then the plate is perhaps on two, or was misread. */
function SeenBefore({ alert }: { alert: Alert }) {
  const { t, number } = useSpeech();
  const [found, setFound] = useState<Alert | null>(null);
  const id = alert.alert_id;
  useEffect(() => {
    let gone = false;
    answer(api.GET("/api/alerts/{alert_id}", { params: { path: { alert_id: id } } })).then(
      (one) => {
        if (!gone) setFound(one);
      },
      () => undefined, // the alert itself is here
    );
    return () => {
      gone = true;
    };
  }, [id]);
  const before = found?.alert_id === id ? found.seen_before : null;
  if (!before?.implausible) return null;
  return (
    <p className="notice" role="note">
      {t("alert.implausible", {
        time: spanText(before.seconds * 1000),
        place: before.checkpoint.name,
        km: number(before.distance_km, { maximumFractionDigits: 1 }),
      })}
    </p>
  );
}

function Seen({ passages }: { passages: AlertPassage[] }) {
  return (
    <ol className="history">
      {passages.map((seen) => (
        <li key={seen.passage_id}>
          <Time iso={seen.captured_at} />{" "}
          <strong>
            <Data>{seen.checkpoint.name}</Data>
          </strong>
        </li>
      ))}
    </ol>
  );
}

function History({ alert, units }: { alert: Alert; units: Unit[] }) {
  const { t, word } = useSpeech();
  return (
    <ol className="history">
      <li>
        <Time iso={alert.raised_at} /> <strong>{t("alert_state.raised")}</strong>
      </li>
      {alert.steps.map((one, index) => {
        const { at, user, name, step, verdict, unit, addressee, note, made_at, photos } = one;
        const what = word("step", step === "verify" ? (verdict ?? step) : step) ?? step;
        const sent = units.find(({ unit_id }) => unit_id === unit)?.name ?? unit;
        const words = [sent, addressee, note].filter(Boolean).join(" · ");
        return (
          <li key={index}>
            <Time iso={at} /> <strong>{what}</strong> <Data>{name === user ? user : `${name} (${user})`}</Data>
            {made_at && Date.parse(at) - Date.parse(made_at) > LATE_MS && (
              <span className="muted">
                {" "}
                {t("step.made_at")} <Time iso={made_at} date={false} />
              </span>
            )}
            {words && (
              <p className="history-words">
                <Data>{words}</Data>
              </p>
            )}
            {one.identity_checked !== null && (
              <p className="history-words">
                {t(one.identity_checked ? "feedback.identity.yes" : "feedback.identity.no")}
              </p>
            )}
            {photos.length > 0 && (
              <div className="history-photos">
                {photos.map((url) => (
                  <Evidence key={url.split("?", 1)[0]} url={url} alt={t("feedback.photo")} shape="vehicle" />
                ))}
              </div>
            )}
          </li>
        );
      })}
    </ol>
  );
}
