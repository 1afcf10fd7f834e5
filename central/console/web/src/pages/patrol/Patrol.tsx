// The unit at the roadside (出警): what it was sent to, what is said of it, and whether its position is shared. Touch
// first: one hand, in the sun and at night.
import "../../styles/patrol.css";
import "../../styles/evidence.css";
import "../../styles/plate.css";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { answer, api } from "../../api/client";
import { useLoaded } from "../../api/load";
import type { Dispatch, Patrol as Shown } from "../../api/types";
import { useSpeech } from "../../base/language";
import { useStore } from "../../base/store";
import { type Desk, useDesk } from "../../live/desk";
import { ring } from "../../live/sound";
import type { PageProps } from "../../pages";
import { orderPlate, PlateChip } from "../../parts/Plate";
import { Empty, Failed, Loading } from "../../parts/States";
import { Outbox } from "../../phone/outbox";
import { startSharing, stopSharing } from "../../phone/position";
import { DispatchCard } from "./DispatchCard";
import { Duty } from "./Duty";
import { Refused } from "./Refused";
import { summon } from "./summon";

/** A dispatch is told at once; this is for what a link that looks alive did not bring. */
const ASK_EVERY_MS = 10_000;

export default function Patrol({ user, desk }: PageProps) {
  const { t } = useSpeech();
  const { data, problem, again, put } = useLoaded("patrol", () => ask(desk), ASK_EVERY_MS);
  useEffect(() => desk.listen({ dispatched: again, resumed: again }), [desk, again]);
  useEffect(() => {
    if (problem?.status === 0) desk.link.suspect();
  }, [problem, desk]);
  const sent = useCallback(
    (after: Dispatch) => {
      put((shown) => ({ ...shown, dispatches: taken(shown.dispatches, after) }));
      again();
    },
    [put, again],
  );
  const outbox = useOutbox(user.username, sent);
  const queued = useStore(outbox.entries);
  useSummons(data?.dispatches);
  const unit = data?.unit ?? null;
  const onDuty = unit !== null && unit.status !== "off_duty";
  const unitId = unit?.unit_id ?? "";
  useEffect(() => {
    if (onDuty) startSharing(unitId);
    else stopSharing();
  }, [onDuty, unitId]);
  const [chosen, setChosen] = useState<string | null>(null);
  const dispatches = useMemo(() => data?.dispatches ?? [], [data]);
  const shown = dispatches.find(({ alert_id }) => alert_id === chosen) ?? dispatches[0];
  const orphans = queued.filter(({ alert_id }) => !dispatches.some((each) => each.alert_id === alert_id));

  if (!data) return problem ? <Failed problem={problem} again={again} /> : <Loading />;
  return (
    <div className="patrol">
      <h1 className="visually-hidden">{t("page.patrol")}</h1>
      {unit && <Duty unit={unit} changed={(after) => put((before) => ({ ...before, unit: after }))} />}
      <LinkBar desk={desk} waiting={queued.filter(({ refused }) => !refused).length} durable={outbox.durable} />
      <Refused entries={orphans} outbox={outbox} />
      {!unit ? (
        <Empty what="patrol.no_unit" />
      ) : !shown ? (
        <Empty what="patrol.none" />
      ) : (
        <>
          {dispatches.length > 1 && (
            <nav aria-label={t("patrol.dispatches")}>
              <ul className="patrol-list">
                {dispatches.map((each) => (
                  <li key={each.alert_id}>
                    <button
                      type="button"
                      className={`patrol-pick priority-${each.priority}`}
                      aria-current={each === shown}
                      onClick={() => setChosen(each.alert_id)}
                    >
                      <PlateChip plate={orderPlate(each.wanted)} />
                      <span className={`tag state-${each.state}`}>{t(`alert_state.${each.state}`)}</span>
                    </button>
                  </li>
                ))}
              </ul>
            </nav>
          )}
          <DispatchCard
            key={shown.alert_id}
            dispatch={shown}
            unit={unit}
            outbox={outbox}
            queued={queued.filter(({ alert_id }) => alert_id === shown.alert_id)}
          />
        </>
      )}
    </div>
  );
}

async function ask(desk: Desk): Promise<Shown> {
  const found = await answer(api.GET("/api/patrol"));
  desk.link.vouch();
  return found;
}

function taken(dispatches: Dispatch[], after: Dispatch): Dispatch[] {
  return dispatches.map((each) =>
    each.alert_id === after.alert_id && each.version <= after.version ? after : each,
  );
}

function useOutbox(username: string, sent: (dispatch: Dispatch) => void): Outbox {
  const [outbox] = useState(() => new Outbox(username, sent));
  useEffect(() => {
    outbox.start();
    return () => outbox.stop();
  }, [outbox]);
  return outbox;
}

/** Heard and felt: somebody drives. Not for what was there when the page was opened. */
function useSummons(dispatches: Dispatch[] | undefined): void {
  const { t } = useSpeech();
  const known = useRef<Set<string> | null>(null);
  useEffect(() => {
    if (!dispatches) return;
    const fresh = dispatches.filter(({ alert_id, ended }) => !ended && known.current?.has(alert_id) === false);
    known.current = new Set([...(known.current ?? []), ...dispatches.map(({ alert_id }) => alert_id)]);
    const [first] = fresh;
    if (!first) return;
    ring(first.priority);
    summon(t("patrol.summoned"), first.alert_id);
  }, [dispatches, t]);
}

function LinkBar({ desk, waiting, durable }: { desk: Desk; waiting: number; durable: boolean }) {
  const { t } = useSpeech();
  useDesk(desk, "link");
  const lost = desk.link.state === "lost";
  if (!lost && !waiting) return null;
  return (
    <p className="patrol-link" role="status">
      <strong>{t(lost ? "patrol.no_link" : "patrol.sending")}</strong>{" "}
      {waiting > 0 && t(durable ? "patrol.kept" : "patrol.kept.here", { n: waiting })}
    </p>
  );
}
