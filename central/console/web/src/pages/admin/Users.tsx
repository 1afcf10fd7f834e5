// Who may sign in, and what they may: one administrator makes an account, another one confirms it.
import { useState } from "react";
import { answer, api } from "../../api/client";
import { useCommand } from "../../api/command";
import { useLoaded } from "../../api/load";
import type { Account, User } from "../../api/types";
import { type Key, known, useSpeech } from "../../base/language";
import { AreaNames } from "../../parts/AreaSelect";
import { Ask } from "../../parts/Ask";
import { Facts } from "../../parts/Facts";
import { Secret } from "../../parts/Secret";
import { Complaint, Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, Term, Time } from "../../parts/Text";
import { EditUser, NewUser } from "./UserForms";

export function Users({ me }: { me: User }) {
  const { t } = useSpeech();
  const [open, setOpen] = useState<string | null>(null); // username; "" is a new one
  const [told, setTold] = useState<{ username: string; password: string } | null>(null);
  const { data, problem, again, put } = useLoaded("users", () =>
    answer(api.GET("/api/users")).then(({ users }) => users),
  );
  const changed = (account: Account) => {
    put((before) =>
      [...before.filter(({ username }) => username !== account.username), account].sort((a, b) =>
        a.username.localeCompare(b.username),
      ),
    );
  };
  const chosen = data?.find(({ username }) => username === open);
  const choose = (username: string) => {
    setTold(null);
    setOpen(username);
  };
  return (
    <div className={`two-panes${open === null ? "" : " two-panes-open"}`}>
      <section className="pane" aria-label={t("admin.users")}>
        <header className="pane-head">
          <h2>{t("admin.users")}</h2>
          <button
            className="button button-main"
            type="button"
            data-action="new-user"
            onClick={() => choose("")}
          >
            {t("users.new")}
          </button>
        </header>
        <div className="pane-body">
          {problem && <Failed problem={problem} again={again} />}
          {!data && !problem && <Loading />}
          {data && <List accounts={data} open={open} choose={choose} />}
        </div>
      </section>
      <section className="pane pane-side" aria-label={t("users.side")}>
        {open !== null && (
          <button className="button button-quiet back" type="button" onClick={() => setOpen(null)}>
            {t("back")}
          </button>
        )}
        {told && (
          <Secret
            label="users.password_of"
            of={told.username}
            value={told.password}
            close={() => setTold(null)}
          />
        )}
        {open === "" ? (
          <NewUser
            made={(account, password) => {
              changed(account);
              setOpen(account.username);
              setTold({ username: account.username, password });
            }}
          />
        ) : chosen ? (
          <Detail
            key={chosen.username}
            account={chosen}
            me={me}
            changed={changed}
            reset={(password) => {
              setTold({ username: chosen.username, password });
              again();
            }}
          />
        ) : (
          <Empty what="users.choose" />
        )}
      </section>
    </div>
  );
}

function List({
  accounts,
  open,
  choose,
}: {
  accounts: Account[];
  open: string | null;
  choose: (username: string) => void;
}) {
  const { t, word, number } = useSpeech();
  const head = [t("users.person"), t("users.roles"), t("users.areas"), t("field.state"), t("users.sessions")];
  return (
    <table className="table users">
      <caption className="visually-hidden">{t("admin.users")}</caption>
      <TableHead texts={head} />
      <tbody>
        {accounts.map((account) => (
          <tr
            key={account.username}
            className="row-link"
            data-user={account.username}
            aria-current={account.username === open}
            onClick={() => choose(account.username)}
          >
            <td>
              <button className="plain" type="button" onClick={() => choose(account.username)}>
                <strong>
                  <Data>{account.name}</Data>
                </strong>
              </button>
              <br />
              <Data className="muted code">{account.username}</Data>
            </td>
            <td>{account.roles.map((role) => word("role", role) ?? role).join(" · ")}</td>
            <td>
              <AreaNames of={account.areas} />
            </td>
            <td>
              <Marks account={account} />
            </td>
            <td className="numbers">{number(account.sessions)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Marks({ account }: { account: Account }) {
  const { t } = useSpeech();
  return (
    <span className="row">
      <span className={`tag ${account.disabled ? "tag-bad" : "tag-good"}`}>
        {t(account.disabled ? "users.disabled" : "users.enabled")}
      </span>
      {account.hands.length > 0 && <span className="tag tag-warn">{t("users.unconfirmed")}</span>}
      {account.external && <span className="tag">{t("users.external")}</span>}
    </span>
  );
}

type Asking = "disable" | "reset" | "end" | "confirm" | "edit" | null;

interface DetailProps {
  account: Account;
  me: User;
  changed: (account: Account) => void;
  reset: (password: string) => void;
}

function Detail({ account, me, changed, reset }: DetailProps) {
  const { t, word } = useSpeech();
  const [asking, setAsking] = useState<Asking>(null);
  const { problem, run } = useCommand();
  const params = { path: { username: account.username } };
  const myself = account.username === me.username;
  const close = () => setAsking(null);
  const ask = (what: Asking, key: Key) => (
    <button className="button" type="button" data-action={what ?? undefined} onClick={() => setAsking(what)}>
      {t(key)}
    </button>
  );
  return (
    <article className="order-detail" data-user-detail={account.username}>
      <header className="order-head">
        <h2>
          <Data>{account.name}</Data> <Data className="muted code">{account.username}</Data>
        </h2>
        <Marks account={account} />
      </header>
      {account.hands.length > 0 && (
        <div className="notice hands">
          <p>
            <strong>{t("users.hands")}</strong>
          </p>
          <ul>
            {account.hands.map((hand) => (
              <li key={`${hand.by} ${hand.at}`}>
                <Time iso={hand.at} /> <Data>{hand.by}</Data> <Term group="action" code={hand.what} />
              </li>
            ))}
          </ul>
          <p>{t("users.hands.hint")}</p>
          {!myself && account.hands.some(({ by }) => by !== me.username) ? (
            <button
              className="button step-good"
              type="button"
              data-action="confirm"
              onClick={() => setAsking("confirm")}
            >
              {t("users.confirm")}
            </button>
          ) : (
            <p>{t(myself ? "users.hands.own" : "users.hands.mine")}</p>
          )}
        </div>
      )}
      {asking === "confirm" && (
        <Ask
          question={t("users.confirm.ask")}
          tone="good"
          act={async () => changed(await answer(api.POST("/api/users/{username}/confirm", { params })))}
          close={close}
        />
      )}
      <div className="row">
        {ask("edit", "users.edit")}
        {!account.external && !myself && ask("reset", "users.reset")}
        {ask("end", "users.end")}
        {account.disabled ? (
          <button
            className="button"
            type="button"
            data-action="enable"
            onClick={() =>
              void run(async () => changed(await answer(api.POST("/api/users/{username}/enable", { params }))))
            }
          >
            {t("users.enable")}
          </button>
        ) : (
          !myself && ask("disable", "users.disable")
        )}
      </div>
      {problem && <Complaint problem={problem} />}
      {asking === "disable" && (
        <Ask
          question={t("users.disable.ask")}
          act={async () => changed(await answer(api.POST("/api/users/{username}/disable", { params })))}
          close={close}
        />
      )}
      {asking === "reset" && (
        <Ask
          question={t("users.reset.ask")}
          act={async () => {
            const { password } = await answer(api.POST("/api/users/{username}/password", { params }));
            reset(password);
          }}
          close={close}
        />
      )}
      {asking === "end" && (
        <Ask
          question={t("users.end.ask")}
          act={async () => {
            await answer(api.DELETE("/api/users/{username}/sessions", { params }));
            changed({ ...account, sessions: 0 });
          }}
          close={close}
        />
      )}
      {asking === "edit" ? (
        <EditUser account={account} myself={myself} changed={changed} close={close} />
      ) : (
        <Facts
          of={[
            ["users.roles", account.roles.map((role) => word("role", role) ?? role).join(" · ")],
            ["users.areas", <AreaNames of={account.areas} />],
            ["users.language", known(account.language) ? t(`language.${account.language}`) : account.language],
            ["users.created", <Time iso={account.created_at} />],
            ["users.sessions", account.sessions.toString()],
            ["users.password", t(passwordState(account))],
          ]}
        />
      )}
    </article>
  );
}

function passwordState(account: Account): Key {
  if (account.external) return "users.password.external";
  return account.must_change_password ? "users.password.first" : "users.password.own";
}
