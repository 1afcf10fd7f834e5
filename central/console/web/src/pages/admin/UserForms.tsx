// What is entered of a user: the account that is made, and the one that is changed.
import { Checkbox, Select } from "antd";
import { type SubmitEvent, useRef, useState } from "react";
import { answer, api } from "../../api/client";
import { useCommand } from "../../api/command";
import { ROLES } from "../../api/session";
import type { Account, Role } from "../../api/types";
import { useSpeech } from "../../base/language";
import AreaSelect from "../../parts/AreaSelect";
import { Field, fieldProps, Refusal, useFocusOnRefusal } from "../../parts/Field";
import { Icon } from "../../parts/Icon";

const FIELDS = ["username", "name", "roles", "areas", "language"];

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

export function NewUser({ made }: { made: (account: Account, password: string) => void }) {
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

export function EditUser({
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
