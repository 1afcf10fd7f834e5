// One's own account: what one may, one's password, where one is signed in.
import "../../styles/admin.css";
import "../../styles/pages.css";
import { type SubmitEvent, useRef, useState } from "react";
import { answer, api } from "../../api/client";
import { useCommand } from "../../api/command";
import { useLoaded } from "../../api/load";
import { changePassword } from "../../api/session";
import type { User } from "../../api/types";
import { useAreas } from "../../api/areas";
import { useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import type { PageProps } from "../../pages";
import { Facts } from "../../parts/Facts";
import { Complaint, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, Time } from "../../parts/Text";

const SHORTEST = 10;

export default function Account({ user }: PageProps) {
  const { t, word } = useSpeech();
  const areas = useAreas();
  const [changed, setChanged] = useState(0);
  const mine = user.areas.map((id) => areas.find(({ area_id }) => area_id === id)?.name ?? id);
  return (
    <div className="account">
      <section className="pane pane-side" aria-label={t("account.who")}>
        <h1>{t("page.account")}</h1>
        <Facts
          of={[
            ["users.name", <Data>{user.name}</Data>],
            ["login.username", <Data className="code">{user.username}</Data>],
            ["users.roles", user.roles.map((role) => word("role", role) ?? role).join(" · ")],
            ["users.areas", mine.length ? <Data>{mine.join(" · ")}</Data> : t("areas.whole")],
          ]}
        />
        <p className="hint">{t("account.hint")}</p>
      </section>
      <section className="pane pane-side" aria-label={t("login.change")}>
        <Password user={user} done={() => setChanged((n) => n + 1)} />
      </section>
      <Sessions round={changed} />
    </div>
  );
}

function Password({ user, done }: { user: User; done: () => void }) {
  const { t } = useSpeech();
  const blank = { old: "", fresh: "", again: "" };
  const [typed, setTyped] = useState(blank);
  const [changed, setChanged] = useState(false);
  const { busy, problem, run } = useCommand();
  const repeat = useRef<HTMLInputElement>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setChanged(false);
    if (await run(() => changePassword(user, typed.old, typed.fresh))) {
      setTyped(blank);
      setChanged(true);
      done();
    }
  };
  const field = (name: keyof typeof blank, autoComplete: string) => (
    <input
      ref={name === "again" ? repeat : undefined}
      id={`password-${name}`}
      type="password"
      required
      minLength={name === "old" ? 1 : SHORTEST}
      maxLength={256}
      autoComplete={autoComplete}
      value={typed[name]}
      onChange={({ target }) => {
        const next = { ...typed, [name]: target.value };
        setTyped(next);
        repeat.current?.setCustomValidity(next.fresh === next.again ? "" : t("account.differ"));
      }}
    />
  );
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <h2>{t("login.change")}</h2>
      {/* Tells a password manager whose it is. */}
      <input type="text" hidden readOnly autoComplete="username" value={user.username} />
      <div className="field">
        <label htmlFor="password-old">{t("account.old")}</label>
        {field("old", "current-password")}
      </div>
      <div className="field">
        <label htmlFor="password-fresh">{t("login.fresh")}</label>
        {field("fresh", "new-password")}
        <p className="hint">{t("account.fresh.hint")}</p>
      </div>
      <div className="field">
        <label htmlFor="password-again">{t("account.again")}</label>
        {field("again", "new-password")}
      </div>
      {problem && <Complaint problem={problem} />}
      {changed && (
        <p className="good" role="status">
          {t("account.changed")}
        </p>
      )}
      <div className="row">
        <button className="button button-main" type="submit" aria-disabled={busy}>
          {t("login.change")}
        </button>
      </div>
    </form>
  );
}

function Sessions({ round }: { round: number }) {
  const { t } = useSpeech();
  const { data, problem, again } = useLoaded(`sessions ${round}`, () =>
    answer(api.GET("/api/sessions")).then(({ sessions }) => sessions),
  );
  const { problem: refused, run } = useCommand();
  const end = (session_id: string) =>
    run(async () => {
      await answer(api.DELETE("/api/sessions/{session_id}", { params: { path: { session_id } } }));
      again();
    });
  const head = [
    t("sessions.address"),
    t("sessions.opened", { zone: zone() }),
    t("sessions.seen"),
    t("sessions.until"),
    t("field.action"),
  ];
  return (
    <section className="pane" aria-label={t("sessions.title")}>
      <header className="pane-head">
        <h2>{t("sessions.title")}</h2>
      </header>
      <div className="pane-body">
        <p className="hint admin-note">{t("sessions.hint")}</p>
        {refused && <Complaint problem={refused} />}
        {problem && <Failed problem={problem} again={again} />}
        {!data && !problem && <Loading />}
        {data && (
          <table className="table">
            <caption className="visually-hidden">{t("sessions.title")}</caption>
            <TableHead texts={head} />
            <tbody>
              {data.map((session) => (
                <tr key={session.session_id}>
                  <td>
                    <Data className="code">{session.address}</Data>
                  </td>
                  <td className="numbers">
                    <Time iso={session.created_at} labelled={false} />
                  </td>
                  <td className="numbers">
                    <Time iso={session.seen_at} labelled={false} />
                  </td>
                  <td className="numbers">
                    <Time iso={session.expires_at} labelled={false} />
                  </td>
                  <td>
                    {session.current ? (
                      <span className="tag tag-good">{t("sessions.current")}</span>
                    ) : (
                      <button className="button" type="button" onClick={() => void end(session.session_id)}>
                        {t("sessions.end")}
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </section>
  );
}
