// Looking further back than one may by oneself (调阅授权): asked by who investigates, decided by a supervisor.
import "../../styles/pages.css";
import "../../styles/desk.css";
import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import { useLoaded } from "../../api/load";
import { hasRole } from "../../api/session";
import type { SearchGrant, User } from "../../api/types";
import { useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import type { PageProps } from "../../pages";
import { AntFrame } from "../../parts/AntFrame";
import { Choice } from "../../parts/Choice";
import { Field, Refusal, useFocusOnRefusal } from "../../parts/Field";
import { onHandover, takeOver } from "../../parts/handover";
import Moment from "../../parts/Moment";
import { PURPOSE_FIELDS, PurposeFields, usePurpose } from "../../parts/Purpose";
import { Complaint, Empty, Failed, Loading } from "../../parts/States";
import { Data, Person, Time } from "../../parts/Text";

const DAY_MS = 86_400_000;
const TIER_DAYS = 90;
const HOURS = [24, 72, 168, 720] as const;
const EVERY_MS = 10_000;

export default function Grants({ user }: PageProps) {
  const { t } = useSpeech();
  const asks = hasRole(user, "investigator");
  const { data, problem, again } = useLoaded(
    "",
    () => answer(api.GET("/api/search-grants")).then(({ grants }) => grants),
    EVERY_MS,
  );
  return (
    <AntFrame>
      <div className={asks ? "track" : "track track-alone"}>
        {asks && <Request asked={again} />}
        <section className="track-results" aria-label={t("page.grants")}>
          {asks ? <h2>{t("grants.list")}</h2> : <h1>{t("page.grants")}</h1>}
          {!data ? (
            problem ? (
              <Failed problem={problem} again={again} />
            ) : (
              <Loading />
            )
          ) : data.length ? (
            <ul className="grants">
              {data.map((grant) => (
                <Grant key={grant.grant_id} grant={grant} user={user} decided={again} />
              ))}
            </ul>
          ) : (
            <Empty what={asks ? "grants.none" : "grants.none_asked"} />
          )}
        </section>
      </div>
    </AntFrame>
  );
}

function Request({ asked }: { asked: () => void }) {
  const { t, number } = useSpeech();
  const [purpose, setPurpose] = usePurpose();
  const [since, setSince] = useState<string | null>(() => halfAYear());
  const [hours, setHours] = useState("72");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [sent, setSent] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useFocusOnRefusal(form, problem);
  useEffect(() => {
    const take = () => {
      const handed = takeOver("grants");
      if (!handed) return;
      setPurpose(handed.purpose);
      if (handed.since) setSince(handed.since);
    };
    take();
    return onHandover(take);
  }, [setPurpose]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    setSent(false);
    try {
      const body = { ...purpose, since: since ?? "", hours: Number(hours) };
      await answer(api.POST("/api/search-grants", { body }));
      setSent(true);
      asked();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form ref={form} className="form track-form" onSubmit={(event) => void submit(event)}>
      <h1>{t("grants.ask")}</h1>
      <p className="hint">{t("grants.hint", { n: number(TIER_DAYS) })}</p>
      <div className="fields">
        <PurposeFields purpose={purpose} change={setPurpose} problem={problem} />
        <Field
          name="since"
          label="grants.since"
          required
          hint={t("zone.hint", { zone: zone() })}
          problem={problem}
        >
          <Moment name="since" required value={since} change={setSince} />
        </Field>
        <Field name="hours" label="grants.hours" required problem={problem}>
          <Choice
            name="hours"
            value={hours}
            change={setHours}
            options={HOURS.map((n) => ({ value: String(n), label: t("grants.days", { n: n / 24 }) }))}
          />
        </Field>
      </div>
      <Refusal problem={problem} fields={["since", "hours", ...PURPOSE_FIELDS]} />
      <div className="form-foot">
        <button className="button button-main button-wide" type="submit" aria-disabled={busy}>
          {t("grants.send")}
        </button>
        {sent && (
          <p className="hint" role="status">
            {t("grants.sent")}
          </p>
        )}
      </div>
    </form>
  );
}

function halfAYear(): string {
  return new Date(Date.now() - 180 * DAY_MS).toISOString();
}

type Move = "grant" | "refuse" | "revoke";

interface GrantProps {
  grant: SearchGrant;
  user: User;
  decided: () => void;
}

function Grant({ grant, user, decided }: GrantProps) {
  const { t } = useSpeech();
  const [move, setMove] = useState<Move | null>(null);
  const moves: Move[] =
    !hasRole(user, "supervisor") || grant.username === user.username
      ? []
      : grant.state === "asked"
        ? ["grant", "refuse"]
        : grant.holds
          ? ["revoke"]
          : [];
  const state = grant.state === "granted" && !grant.holds ? "ended" : grant.state;
  const asked = move && moves.includes(move) ? move : null; // a colleague may have been first
  return (
    <li className={`grant grant-${state}`} data-grant={grant.grant_id}>
      <div className="grant-head">
        <span className={`tag grant-tag-${state}`}>{t(`grant_state.${state}`)}</span>
        <strong>
          <Data>{grant.case_number}</Data>
        </strong>
        <span>
          {t("grants.back_to")} <Time iso={grant.since} />
        </span>
        <span className="muted">{t("grants.for_days", { n: Math.round((grant.hours / 24) * 10) / 10 })}</span>
      </div>
      <p>
        <Data>{grant.reason}</Data>
      </p>
      <p className="muted">
        {t("grants.asked_by")} <Person name={grant.name} username={grant.username} /> ·{" "}
        <Time iso={grant.asked_at} />
        {grant.decided_at && (
          <>
            {" · "}
            {t("grants.decided_by")} <Person name={grant.decided_by_name} username={grant.decided_by} /> ·{" "}
            <Time iso={grant.decided_at} />
          </>
        )}
        {grant.holds && grant.valid_until && (
          <>
            {" · "}
            {t("grants.until")} <Time iso={grant.valid_until} />
          </>
        )}
      </p>
      {grant.note && (
        <p className="history-words">
          <Data>{grant.note}</Data>
        </p>
      )}
      {moves.length > 0 && (
        <div className="row">
          {moves.map((each) => (
            <button
              key={each}
              className={`button ${each === "grant" ? "step-good" : "step-bad"}`}
              type="button"
              data-move={each}
              onClick={() => setMove(each)}
            >
              {t(`grant_move.${each}`)}
            </button>
          ))}
        </div>
      )}
      {asked && (
        <Decision
          key={asked}
          grant={grant}
          move={asked}
          close={() => setMove(null)}
          decided={() => {
            setMove(null);
            decided();
          }}
        />
      )}
    </li>
  );
}

interface DecisionProps {
  grant: SearchGrant;
  move: Move;
  close: () => void;
  decided: () => void;
}

function Decision({ grant, move, close, decided }: DecisionProps) {
  const { t } = useSpeech();
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    const params = { path: { grant_id: grant.grant_id } };
    const body = { note: note.trim() };
    try {
      await answer(
        move === "grant"
          ? api.POST("/api/search-grants/{grant_id}/grant", { params, body })
          : move === "refuse"
            ? api.POST("/api/search-grants/{grant_id}/refuse", { params, body })
            : api.POST("/api/search-grants/{grant_id}/revoke", { params, body }),
      );
      decided();
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  return (
    <form className="step-form" onSubmit={(event) => void submit(event)}>
      <label htmlFor="grant-note">{t(`grant_move.${move}.ask`)}</label>
      <input
        ref={field}
        id="grant-note"
        type="text"
        required={move !== "grant"}
        maxLength={200}
        autoComplete="off"
        value={note}
        onChange={({ target }) => setNote(target.value)}
      />
      {problem && <Complaint problem={problem} />}
      <div className="row">
        <button
          className={`button ${move === "grant" ? "step-good" : "step-bad"}`}
          type="submit"
          aria-disabled={busy}
        >
          {t("confirm")}
        </button>
        <button className="button" type="button" onClick={close}>
          {t("cancel")}
        </button>
      </div>
    </form>
  );
}
