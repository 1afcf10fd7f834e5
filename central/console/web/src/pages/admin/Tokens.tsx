// Tokens of machines: nodes, platforms that read, units' devices.
import { Checkbox } from "antd";
import { type SubmitEvent, useRef, useState } from "react";
import { answer, api } from "../../api/client";
import { useCommand } from "../../api/command";
import { useLoaded } from "../../api/load";
import type { MachineToken, TokenScope } from "../../api/types";
import { useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import AreaSelect, { AreaNames } from "../../parts/AreaSelect";
import { Ask } from "../../parts/Ask";
import { Field, fieldProps, Refusal, useFocusOnRefusal } from "../../parts/Field";
import Moment from "../../parts/Moment";
import { Secret } from "../../parts/Secret";
import { Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, Time } from "../../parts/Text";
import { useNow } from "../../base/tick";

const SCOPES: TokenScope[] = ["images", "watchlist", "positions", "read"];

export function Tokens() {
  const { t } = useSpeech();
  const [told, setTold] = useState<{ name: string; token: string } | null>(null);
  const [revoking, setRevoking] = useState<string | null>(null);
  const { data, problem, again } = useLoaded("tokens", () =>
    answer(api.GET("/api/machine-tokens")).then(({ machine_tokens }) => machine_tokens),
  );
  return (
    <div className="two-panes">
      <section className="pane" aria-label={t("admin.tokens")}>
        <header className="pane-head">
          <h2>{t("admin.tokens")}</h2>
        </header>
        <div className="pane-body">
          {problem && <Failed problem={problem} again={again} />}
          {!data && !problem && <Loading />}
          {data && !data.length && <Empty what="tokens.none" />}
          {data && data.length > 0 && (
            <List tokens={data} revoking={revoking} revoke={setRevoking} again={again} />
          )}
        </div>
      </section>
      <section className="pane pane-side" aria-label={t("tokens.new")}>
        {told && <Secret label="tokens.of" of={told.name} value={told.token} close={() => setTold(null)} />}
        <NewToken
          made={(name, token) => {
            setTold({ name, token });
            again();
          }}
        />
      </section>
    </div>
  );
}

interface ListProps {
  tokens: MachineToken[];
  revoking: string | null;
  revoke: (id: string | null) => void;
  again: () => void;
}

function List({ tokens, revoking, revoke, again }: ListProps) {
  const { t, word } = useSpeech();
  const now = useNow();
  const head = [
    t("tokens.name"),
    t("tokens.scopes"),
    t("users.areas"),
    t("tokens.expires", { zone: zone() }),
    t("field.state"),
  ];
  return (
    <table className="table">
      <caption className="visually-hidden">{t("admin.tokens")}</caption>
      <TableHead texts={head} />
      <tbody>
        {tokens.map((token) => {
          const over = token.expires_at !== null && Date.parse(token.expires_at) <= now;
          return (
            <tr key={token.token_id} data-token={token.name}>
              <td>
                <strong>
                  <Data>{token.name}</Data>
                </strong>
                <div className="muted small">
                  <Data>{token.created_by}</Data> <Time iso={token.created_at} labelled={false} />
                </div>
              </td>
              <td>{token.scopes.map((scope) => word("token_scope", scope) ?? scope).join(" · ")}</td>
              <td>
                <AreaNames of={token.areas} />
              </td>
              <td className="numbers">
                {token.expires_at ? <Time iso={token.expires_at} labelled={false} /> : t("tokens.never")}
              </td>
              <td>
                {token.revoked_at || over ? (
                  <span className="tag">{t(token.revoked_at ? "tokens.revoked" : "tokens.over")}</span>
                ) : revoking === token.token_id ? (
                  <Ask
                    question={t("tokens.revoke.ask")}
                    act={async () => {
                      const params = { path: { token_id: token.token_id } };
                      await answer(api.DELETE("/api/machine-tokens/{token_id}", { params }));
                      again();
                    }}
                    close={() => revoke(null)}
                  />
                ) : (
                  <button className="button" type="button" onClick={() => revoke(token.token_id)}>
                    {t("tokens.revoke")} <Data className="visually-hidden">{token.name}</Data>
                  </button>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function NewToken({ made }: { made: (name: string, token: string) => void }) {
  const { t } = useSpeech();
  const blank = { name: "", scopes: ["images"] as TokenScope[], areas: [] as string[], expires_at: null };
  const [typed, setTyped] = useState<Omit<typeof blank, "expires_at"> & { expires_at: string | null }>(blank);
  const { busy, problem, run } = useCommand();
  const form = useRef<HTMLFormElement>(null);
  useFocusOnRefusal(form, problem);
  const set = (change: Partial<typeof typed>) => setTyped((before) => ({ ...before, ...change }));
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const done = await run(async () => {
      const { name, token } = await answer(api.POST("/api/machine-tokens", { body: typed }));
      made(name, token);
    });
    if (done) setTyped(blank);
  };
  return (
    <form ref={form} className="form" onSubmit={(event) => void submit(event)}>
      <h2>{t("tokens.new")}</h2>
      <div className="fields">
        <Field name="name" label="tokens.name" required wide problem={problem} hint={t("tokens.name.hint")}>
          <input
            {...fieldProps("name", problem, true)}
            type="text"
            required
            maxLength={64}
            value={typed.name}
            onChange={({ target }) => set({ name: target.value })}
          />
        </Field>
        <fieldset className="field field-wide">
          <legend>{t("tokens.scopes")}</legend>
          <Checkbox.Group
            name="scopes"
            value={typed.scopes}
            onChange={(scopes) => set({ scopes })}
            options={SCOPES.map((scope) => ({ value: scope, label: t(`token_scope.${scope}`) }))}
          />
        </fieldset>
        <Field name="areas" label="users.areas" problem={problem}>
          <AreaSelect id="field-areas" value={typed.areas} change={(areas) => set({ areas })} />
        </Field>
        <Field
          name="expires_at"
          label="tokens.until"
          problem={problem}
          hint={t("tokens.until.hint", { zone: zone() })}
        >
          <Moment name="expires_at" value={typed.expires_at} change={(expires_at) => set({ expires_at })} />
        </Field>
      </div>
      <Refusal problem={problem} fields={["name", "scopes", "areas", "expires_at"]} />
      <div className="row">
        <button className="button button-main" type="submit" aria-disabled={busy}>
          {t("tokens.make")}
        </button>
      </div>
    </form>
  );
}
