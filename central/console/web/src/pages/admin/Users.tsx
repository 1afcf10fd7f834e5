// Who may sign in, and what they may: one administrator makes an account, another one confirms it.
import { Checkbox, Select } from "antd";
import { type SubmitEvent, useRef, useState } from "react";
import { answer, api } from "../../api/client";
import { useCommand } from "../../api/command";
import { useLoaded } from "../../api/load";
import type { Account, Role, User } from "../../api/types";
import { type Key, known, useSpeech } from "../../base/language";
import AreaSelect, { AreaNames } from "../../parts/AreaSelect";
import { Ask } from "../../parts/Ask";
import { Facts } from "../../parts/Facts";
import { Field, fieldProps, Refusal, useFocusOnRefusal } from "../../parts/Field";
import { Icon } from "../../parts/Icon";
import { Secret } from "../../parts/Secret";
import { Complaint, Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, Term, Time } from "../../parts/Text";

const ROLES: Role[] = [
  "operator",
  "applicant",
  "emergency",
  "approver",
  "investigator",
  "supervisor",
  "auditor",
  "administrator",
  "patrol",
];
const FIELDS = ["username", "name", "roles", "areas", "language"];

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

interface Typed {
  username: string;
  name: string;
  roles: Role[];
  areas: string[];
  language: string;
}

function UserFields({
  typed,
  set,
  problem,
  kept,
}: {
  typed: Typed;
  set: (change: Partial<Typed>) => void;
  problem: ReturnType<typeof useCommand>["problem"];
  /** What can't be changed here. */
  kept: ReadonlySet<keyof Typed>;
}) {
  const { t } = useSpeech();
  return (
    <div className="fields">
      {!kept.has("username") && (
        <Field name="username" required problem={problem} hint={t("users.username.hint")}>
          <input
            {...fieldProps("username", problem, true)}
            type="text"
            required
            pattern="[a-z][a-z0-9._\-]{1,31}"
            maxLength={32}
            spellCheck={false}
            value={typed.username}
            onChange={({ target }) => set({ username: target.value })}
          />
        </Field>
      )}
      <Field name="name" label="users.name" required problem={problem}>
        <input
          {...fieldProps("name", problem)}
          type="text"
          required
          maxLength={64}
          value={typed.name}
          onChange={({ target }) => set({ name: target.value })}
        />
      </Field>
      {!kept.has("roles") && (
        <fieldset className="field field-wide">
          <legend>{t("users.roles")}</legend>
          <Checkbox.Group
            name="roles"
            value={typed.roles}
            onChange={(roles) => set({ roles: roles })}
            options={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))}
          />
          <p className="hint">{t("users.roles.hint")}</p>
        </fieldset>
      )}
      {!kept.has("areas") && (
        <Field name="areas" label="users.areas" wide problem={problem} hint={t("users.areas.hint")}>
          <AreaSelect id="field-areas" value={typed.areas} change={(areas) => set({ areas })} />
        </Field>
      )}
      <Field name="language" label="users.language" problem={problem}>
        <Select<string>
          id="field-language"
          suffix={<Icon name="down" />}
          value={typed.language}
          onChange={(language) => set({ language })}
          options={(["zh-CN", "en"] as const).map((each) => ({ value: each, label: t(`language.${each}`) }))}
        />
      </Field>
    </div>
  );
}

function NewUser({ made }: { made: (account: Account, password: string) => void }) {
  const { t } = useSpeech();
  const [typed, setTyped] = useState<Typed>({
    username: "",
    name: "",
    roles: ["operator"],
    areas: [],
    language: "zh-CN",
  });
  const { busy, problem, run } = useCommand();
  const form = useRef<HTMLFormElement>(null);
  useFocusOnRefusal(form, problem);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void run(async () => {
      const { user, password } = await answer(api.POST("/api/users", { body: typed }));
      made(user, password);
    });
  };
  return (
    <form ref={form} className="form" onSubmit={submit}>
      <h2>{t("users.new")}</h2>
      <p className="hint">{t("users.new.hint")}</p>
      <UserFields
        typed={typed}
        set={(change) => setTyped((before) => ({ ...before, ...change }))}
        problem={problem}
        kept={new Set()}
      />
      <Refusal problem={problem} fields={FIELDS} />
      <div className="row">
        <button className="button button-main" type="submit" aria-disabled={busy}>
          {t("users.create")}
        </button>
      </div>
    </form>
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
        <Edit account={account} myself={myself} changed={changed} close={close} />
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

function Edit({
  account,
  myself,
  changed,
  close,
}: {
  account: Account;
  myself: boolean;
  changed: (account: Account) => void;
  close: () => void;
}) {
  const { t } = useSpeech();
  const [typed, setTyped] = useState<Typed>({ ...account });
  const { busy, problem, run } = useCommand();
  const form = useRef<HTMLFormElement>(null);
  useFocusOnRefusal(form, problem);
  // Nobody changes their own roles; whom the identity provider keeps, it keeps.
  const fixed = myself || account.external;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const { name, roles, areas, language } = typed;
    const body = fixed ? { name, language } : { name, language, roles, areas };
    const params = { path: { username: account.username } };
    if (await run(async () => changed(await answer(api.PATCH("/api/users/{username}", { params, body })))))
      close();
  };
  return (
    <form ref={form} className="form" onSubmit={(event) => void submit(event)}>
      {fixed && <p className="hint">{t(myself ? "users.edit.own" : "users.edit.external")}</p>}
      <UserFields
        typed={typed}
        set={(change) => setTyped((before) => ({ ...before, ...change }))}
        problem={problem}
        kept={new Set<keyof Typed>(fixed ? ["username", "roles", "areas"] : ["username"])}
      />
      <Refusal problem={problem} fields={FIELDS} />
      <div className="row">
        <button className="button button-main" type="submit" aria-disabled={busy}>
          {t("save")}
        </button>
        <button className="button" type="button" onClick={close}>
          {t("cancel")}
        </button>
      </div>
    </form>
  );
}
