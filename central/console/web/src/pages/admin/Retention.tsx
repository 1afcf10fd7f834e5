// How long things are kept, and legal holds: placed by one person, lifted by another.
import { type SubmitEvent, useRef, useState } from "react";
import { answer, api } from "../../api/client";
import { useCommand } from "../../api/command";
import { useLoaded } from "../../api/load";
import { hasRole } from "../../api/session";
import type { Hold, User } from "../../api/types";
import { useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import { Ask } from "../../parts/Ask";
import { Field, fieldProps, Refusal, useFocusOnRefusal } from "../../parts/Field";
import Moment from "../../parts/Moment";
import { Empty, Failed, Loading } from "../../parts/States";
import { Data, Time } from "../../parts/Text";

export function Retention({ me }: { me: User }) {
  const holds = hasRole(me, "supervisor", "auditor");
  return (
    <div className="retention">
      <Rules />
      {holds && <Holds me={me} />}
    </div>
  );
}

function Rules() {
  const { t, number } = useSpeech();
  const { data, problem, again } = useLoaded("retention", () =>
    answer(api.GET("/api/retention")).then(({ rules }) => rules),
  );
  return (
    <section className="pane retention-rules" aria-label={t("retention.rules")}>
      <header className="pane-head">
        <h2>{t("retention.rules")}</h2>
      </header>
      <div className="pane-body">
        {problem && <Failed problem={problem} again={again} />}
        {!data && !problem && <Loading />}
        {data && (
          <>
            <dl className="retention-list">
              {data.map(({ kind, days }) => (
                <div key={kind} data-kind={kind}>
                  <dt>{t(`retention_kind.${kind}`)}</dt>
                  <dd>{t("retention.days", { n: number(days) })}</dd>
                </div>
              ))}
              <div>
                <dt>{t("retention.forever")}</dt>
                <dd>{t("retention.always")}</dd>
              </div>
            </dl>
            <p className="hint admin-note">{t("retention.note")}</p>
          </>
        )}
      </div>
    </section>
  );
}

function Holds({ me }: { me: User }) {
  const { t } = useSpeech();
  const [lifting, setLifting] = useState<string | null>(null);
  const { data, problem, again, put } = useLoaded("holds", () =>
    answer(api.GET("/api/holds")).then(({ holds }) => holds),
  );
  return (
    <>
      <section className="pane" aria-label={t("holds.title")}>
        <header className="pane-head">
          <h2>{t("holds.title")}</h2>
        </header>
        <div className="pane-body">
          {problem && <Failed problem={problem} again={again} />}
          {!data && !problem && <Loading />}
          {data && !data.length && <Empty what="holds.none" />}
          {data && data.length > 0 && (
            <ul className="holds">
              {data.map((hold) => (
                <Item
                  key={hold.hold_id}
                  hold={hold}
                  me={me}
                  lifting={lifting === hold.hold_id}
                  ask={setLifting}
                  lifted={(after) =>
                    put((before) => before.map((each) => (each.hold_id === after.hold_id ? after : each)))
                  }
                />
              ))}
            </ul>
          )}
        </div>
      </section>
      <section className="pane pane-side" aria-label={t("holds.new")}>
        <NewHold placed={(hold) => put((before) => [hold, ...before])} />
      </section>
    </>
  );
}

interface ItemProps {
  hold: Hold;
  me: User;
  lifting: boolean;
  ask: (id: string | null) => void;
  lifted: (hold: Hold) => void;
}

function Item({ hold, me, lifting, ask, lifted }: ItemProps) {
  const { t } = useSpeech();
  return (
    <li className="hold" data-hold={hold.hold_id} data-active={hold.active}>
      <p className="row">
        <span className={`tag ${hold.active ? "tag-warn" : ""}`}>
          {t(hold.active ? "holds.active" : "holds.lifted")}
        </span>
        <strong>
          <Subject hold={hold} />
        </strong>
      </p>
      <p>
        <Data>{hold.reason}</Data>
      </p>
      <p className="muted small">
        {t("holds.placed")} <Data>{hold.placed_by}</Data> <Time iso={hold.placed_at} />
        {!hold.active && (
          <>
            {" · "}
            {t("holds.lifted_by")} <Data>{hold.lifted_by}</Data> <Time iso={hold.lifted_at} />{" "}
            <Data>{hold.lifted_because}</Data>
          </>
        )}
      </p>
      {hold.active && !lifting && hold.placed_by !== me.username && (
        <button className="button" type="button" data-action="lift" onClick={() => ask(hold.hold_id)}>
          {t("holds.lift")}
        </button>
      )}
      {hold.active && hold.placed_by === me.username && <p className="hint">{t("holds.own")}</p>}
      {lifting && (
        <Ask
          question={t("holds.lift.ask")}
          reason="field.reason"
          act={async (reason) => {
            const params = { path: { hold_id: hold.hold_id } };
            lifted(await answer(api.POST("/api/holds/{hold_id}/lift", { params, body: { reason } })));
          }}
          close={() => ask(null)}
        />
      )}
    </li>
  );
}

function Subject({ hold }: { hold: Hold }) {
  const { t } = useSpeech();
  const parts = [hold.plate, hold.case_number, hold.alert_id].filter(Boolean);
  return (
    <>
      {parts.length > 0 && <Data>{parts.join(" · ")}</Data>}
      {(hold.since !== null || hold.until !== null) && (
        <>
          {" "}
          {hold.since ? <Time iso={hold.since} labelled={false} /> : t("holds.from_first")}
          {"–"}
          {hold.until ? <Time iso={hold.until} /> : t("holds.to_last")}
        </>
      )}
    </>
  );
}

interface Typed {
  plate: string;
  case_number: string;
  alert_id: string;
  since: string | null;
  until: string | null;
  reason: string;
}

const BLANK: Typed = { plate: "", case_number: "", alert_id: "", since: null, until: null, reason: "" };

function NewHold({ placed }: { placed: (hold: Hold) => void }) {
  const { t } = useSpeech();
  const [typed, setTyped] = useState<Typed>(BLANK);
  const { busy, problem, run } = useCommand();
  const form = useRef<HTMLFormElement>(null);
  useFocusOnRefusal(form, problem);
  const set = (change: Partial<Typed>) => setTyped((before) => ({ ...before, ...change }));
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (await run(async () => placed(await answer(api.POST("/api/holds", { body: typed }))))) setTyped(BLANK);
  };
  const text = (name: "plate" | "case_number" | "alert_id", max: number) => (
    <input
      {...fieldProps(name, problem)}
      type="text"
      maxLength={max}
      value={typed[name]}
      onChange={({ target }) => set({ [name]: target.value })}
    />
  );
  return (
    <form ref={form} className="form" onSubmit={(event) => void submit(event)}>
      <h2>{t("holds.new")}</h2>
      <p className="hint">{t("holds.new.hint")}</p>
      <div className="fields">
        <Field name="plate" problem={problem}>
          {text("plate", 32)}
        </Field>
        <Field name="case_number" problem={problem}>
          {text("case_number", 128)}
        </Field>
        <Field name="alert_id" label="holds.alert" wide problem={problem}>
          {text("alert_id", 36)}
        </Field>
        <Field name="since" problem={problem} hint={t("zone.hint", { zone: zone() })}>
          <Moment name="since" value={typed.since} change={(since) => set({ since })} />
        </Field>
        <Field name="until" problem={problem} hint={t("zone.hint", { zone: zone() })}>
          <Moment name="until" value={typed.until} change={(until) => set({ until })} />
        </Field>
        <Field name="reason" required wide problem={problem}>
          <textarea
            {...fieldProps("reason", problem)}
            rows={3}
            required
            maxLength={2000}
            value={typed.reason}
            onChange={({ target }) => set({ reason: target.value })}
          />
        </Field>
      </div>
      <Refusal problem={problem} fields={["plate", "case_number", "alert_id", "since", "until", "reason"]} />
      <div className="row">
        <button className="button button-main" type="submit" aria-disabled={busy}>
          {t("holds.place")}
        </button>
      </div>
    </form>
  );
}
