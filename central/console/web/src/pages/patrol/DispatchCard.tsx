// One dispatch: what to beware of, which vehicle, where it was and should pass, and what is to be said of it.
import { useState } from "react";
import type { Dispatch, Unit } from "../../api/types";
import { useCheckpoints } from "../../api/checkpoints";
import { useSpeech } from "../../base/language";
import { Evidence, PlateCrop, Scene, SceneWindow, VehiclePicture } from "../../parts/Evidence";
import { Facts } from "../../parts/Facts";
import { LazyMap } from "../../parts/LazyMap";
import { type Drawn, groundOf, orderPlate, PlateChip } from "../../parts/Plate";
import { Age, Data, Lane, Term, Time } from "../../parts/Text";
import type { Outbox } from "../../phone/outbox";
import type { Queued } from "../../phone/store";
import { Expected, useExpected } from "./Expected";
import { Refused } from "./Refused";
import { Say } from "./Say";

interface CardProps {
  dispatch: Dispatch;
  unit: Unit;
  outbox: Outbox;
  /** Of this dispatch, not sent yet or refused. */
  queued: Queued[];
}

export function DispatchCard({ dispatch, unit, outbox, queued }: CardProps) {
  const { t } = useSpeech();
  const { wanted, passage } = dispatch;
  const [enlarged, setEnlarged] = useState(false);
  const drawn: Drawn = passage?.plate ?? orderPlate(wanted);
  const ground = groundOf(drawn);
  const places = useCheckpoints();
  const expected = useExpected(dispatch);
  const waiting = queued.filter(({ refused }) => !refused);
  const visits = [...dispatch.passages]
    .reverse()
    .map((seen) => ({ checkpoint_id: seen.checkpoint.checkpoint_id, at: seen.captured_at }));
  return (
    <article className={`dispatch priority-${dispatch.priority}`} data-alert={dispatch.alert_id}>
      {wanted.danger_note && (
        <div className="danger" role="note">
          <strong>{t("danger.title")}</strong>
          <Data>{wanted.danger_note}</Data>
        </div>
      )}
      <header className="dispatch-head">
        <PlateChip plate={drawn} size="huge" />
        <p className="dispatch-what">
          <span className={`priority priority-${dispatch.priority}`}>
            {t("priority.n", { n: dispatch.priority })}
          </span>
          <span className={`tag state-${dispatch.state}`} data-state={dispatch.state}>
            {t(`alert_state.${dispatch.state}`)}
          </span>
          {ground !== "unknown" && <Term group="colour" code={ground} />}
          {drawn.plate_class && <Term group="class" code={drawn.plate_class} />}
        </p>
        <p className="dispatch-reason">
          <Data>{wanted.reason}</Data>
        </p>
      </header>
      <Refused entries={queued.filter(({ refused }) => refused)} outbox={outbox} />
      {!dispatch.ended && <Expected expected={expected} unit={unit} />}
      {passage && (
        <section className="dispatch-seen" aria-label={t("patrol.seen")}>
          <h2>{t("patrol.seen")}</h2>
          <p className="dispatch-where">
            <strong>
              <Data>{passage.checkpoint.name}</Data>
            </strong>{" "}
            <Lane {...passage} />
            <br />
            <Time iso={passage.captured_at} date={false} /> · <Age iso={passage.captured_at} />
          </p>
          <div className="dispatch-pictures">
            <PlateCrop passage={passage} />
            <Scene passage={passage} onOpen={() => setEnlarged(true)} />
            {passage.evidence.vehicle && <VehiclePicture passage={passage} />}
          </div>
        </section>
      )}
      <div className="dispatch-map">
        <LazyMap places={places} visits={visits} posts={expected.posts} units={[unit]} />
      </div>
      <section aria-label={t("patrol.told")}>
        <h2>{t("patrol.told")}</h2>
        <Facts
          of={[
            ["field.instructions", wanted.instructions && <Data>{wanted.instructions}</Data>],
            ["field.contact", <Data>{wanted.contact}</Data>],
            ["field.sent_by", <Data>{dispatch.sent_by}</Data>],
          ]}
        />
        <Told dispatch={dispatch} waiting={waiting} />
      </section>
      <Say dispatch={dispatch} waiting={waiting} outbox={outbox} />
      {enlarged && passage?.evidence.scene && (
        <SceneWindow passage={passage} close={() => setEnlarged(false)} />
      )}
    </article>
  );
}

/** What was said so far; what is not sent yet is plainly marked. */
function Told({ dispatch, waiting }: { dispatch: Dispatch; waiting: Queued[] }) {
  const { t, word } = useSpeech();
  return (
    <ol className="history">
      {dispatch.steps.map(({ at, made_at, name, step, verdict, note, identity_checked, photos }, index) => (
        <li key={index}>
          <Time iso={made_at ?? at} date={false} />{" "}
          <strong>{word("step", step === "verify" ? (verdict ?? step) : step) ?? step}</strong>{" "}
          <Data>{name}</Data>
          {note && (
            <p>
              <Data>{note}</Data>
            </p>
          )}
          {identity_checked !== null && (
            <p>{t(identity_checked ? "feedback.identity.yes" : "feedback.identity.no")}</p>
          )}
          {photos.length > 0 && (
            <div className="photos">
              {photos.map((url) => (
                <Evidence key={url.split("?", 1)[0]} url={url} alt={t("feedback.photo")} shape="vehicle" />
              ))}
            </div>
          )}
        </li>
      ))}
      {waiting.map((entry) => (
        <li key={entry.id} className="unsent" data-unsent={entry.step}>
          <Time iso={entry.made_at} date={false} />{" "}
          <strong>
            <Term group="step" code={entry.step} />
          </strong>{" "}
          <span className="tag tag-unsent">{t("patrol.unsent")}</span>
          {entry.note && (
            <p>
              <Data>{entry.note}</Data>
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}
