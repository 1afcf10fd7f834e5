// Where alerts are delivered to, and how the deliveries stand.
import { Checkbox, Select } from "antd";
import { type SubmitEvent, useRef, useState } from "react";
import { answer, api } from "../../api/client";
import { useCommand } from "../../api/command";
import { useLoaded } from "../../api/load";
import { hasRole } from "../../api/session";
import type { Target, TargetSettings, User } from "../../api/types";
import { useSpeech } from "../../base/language";
import AreaSelect, { AreaNames } from "../../parts/AreaSelect";
import { Field, fieldProps, Refusal, useFocusOnRefusal } from "../../parts/Field";
import { Icon } from "../../parts/Icon";
import { Secret } from "../../parts/Secret";
import { Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data } from "../../parts/Text";
import { Deliveries } from "./Deliveries";

const KINDS = ["webhook", "wecom", "dingtalk", "feishu", "email"] as const;
const EVENTS = ["raised", "repeated", "stepped", "escalated", "handed_over", "ended"] as const;
const CARRY = ["plate", "pictures", "danger_note", "case"] as const;
const FIELDS = ["name", "kind", "address", "events", "max_priority", "areas", "carry", "language", "secret"];

export function Targets({ me }: { me: User }) {
  const administrator = hasRole(me, "administrator");
  return (
    <div className="targets">
      {administrator && <Book />}
      <Deliveries mayResend={administrator} />
    </div>
  );
}

function Book() {
  const { t } = useSpeech();
  const [open, setOpen] = useState<string | null>(null); // target_id; "" is a new one
  const [told, setTold] = useState<{ name: string; secret: string } | null>(null);
  const { data, problem, again } = useLoaded("targets", () =>
    answer(api.GET("/api/targets")).then(({ targets }) => targets),
  );
  const chosen = data?.find(({ target_id }) => target_id === open);
  const done = (name: string, secret: string | null) => {
    setTold(secret === null ? null : { name, secret });
    setOpen(null);
    again();
  };
  return (
    <div className={`two-panes targets-book${open === null ? "" : " two-panes-open"}`}>
      <section className="pane" aria-label={t("admin.targets")}>
        <header className="pane-head">
          <h2>{t("admin.targets")}</h2>
          <button className="button button-main" type="button" onClick={() => setOpen("")}>
            {t("targets.new")}
          </button>
        </header>
        <div className="pane-body">
          {problem && <Failed problem={problem} again={again} />}
          {!data && !problem && <Loading />}
          {data && !data.length && <Empty what="targets.none" />}
          {data && data.length > 0 && <List targets={data} open={open} choose={setOpen} />}
        </div>
      </section>
      <section className="pane pane-side" aria-label={t("targets.side")}>
        {told && (
          <Secret label="targets.secret_of" of={told.name} value={told.secret} close={() => setTold(null)} />
        )}
        {open === null ? (
          !told && <Empty what="targets.choose" />
        ) : (
          <Form key={open} target={chosen ?? null} done={done} close={() => setOpen(null)} />
        )}
      </section>
    </div>
  );
}

interface ListProps {
  targets: Target[];
  open: string | null;
  choose: (id: string) => void;
}

function List({ targets, open, choose }: ListProps) {
  const { t, word, number } = useSpeech();
  const head = [
    t("targets.name"),
    t("targets.events"),
    t("targets.priority"),
    t("users.areas"),
    t("targets.pending"),
    t("targets.dead"),
  ];
  return (
    <table className="table">
      <caption className="visually-hidden">{t("admin.targets")}</caption>
      <TableHead texts={head} />
      <tbody>
        {targets.map((target) => (
          <tr
            key={target.target_id}
            className="row-link"
            data-target={target.name}
            aria-current={target.target_id === open}
            onClick={() => choose(target.target_id)}
          >
            <td>
              <button className="plain" type="button" onClick={() => choose(target.target_id)}>
                <strong>
                  <Data>{target.name}</Data>
                </strong>
              </button>{" "}
              {!target.enabled && <span className="tag">{t("targets.off")}</span>}
              <div className="muted small">
                {t(`target_kind.${target.kind}`)} <Data>{target.host}</Data>
              </div>
            </td>
            <td>{target.events.map((event) => word("target_event", event) ?? event).join(" · ")}</td>
            <td className="numbers">{t("targets.up_to", { n: target.max_priority })}</td>
            <td>
              <AreaNames of={target.areas} />
            </td>
            <td className="numbers">{number(target.pending)}</td>
            <td className={`numbers ${target.dead ? "bad" : ""}`}>{number(target.dead)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface Typed extends Required<TargetSettings> {
  address: string;
  secret: string;
}

interface FormProps {
  /** null: a new one. */
  target: Target | null;
  done: (name: string, secret: string | null) => void;
  close: () => void;
}

function Form({ target, done, close }: FormProps) {
  const { t } = useSpeech();
  const [typed, setTyped] = useState<Typed>(() => ({
    name: "",
    kind: "webhook",
    events: ["raised", "escalated"],
    max_priority: 4,
    areas: [],
    carry: [],
    language: "zh-CN",
    enabled: true,
    ...target,
    address: "",
    secret: "",
  }));
  const { busy, problem, run } = useCommand();
  const form = useRef<HTMLFormElement>(null);
  useFocusOnRefusal(form, problem);
  const set = (change: Partial<Typed>) => setTyped((before) => ({ ...before, ...change }));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void run(async () => {
      const { name, kind, events, max_priority, areas, carry, language, enabled } = typed;
      const settings = { name, kind, events, max_priority, areas, carry, language, enabled };
      const address = typed.address.trim();
      if (target) {
        const params = { path: { target_id: target.target_id } };
        await answer(
          api.PUT("/api/targets/{target_id}", { params, body: { ...settings, address: address || null } }),
        );
        done(name, null);
      } else {
        const body = { ...settings, address, secret: typed.secret || null };
        const made = await answer(api.POST("/api/targets", { body }));
        done(name, made.secret);
      }
    });
  };
  const renew = () =>
    run(async () => {
      if (!target) return;
      const params = { path: { target_id: target.target_id } };
      const body = { secret: typed.secret || null };
      const made = await answer(api.POST("/api/targets/{target_id}/secret", { params, body }));
      done(target.name, made.secret);
    });
  return (
    <form ref={form} className="form" onSubmit={submit}>
      <h2>{target ? <Data>{target.name}</Data> : t("targets.new")}</h2>
      <div className="fields">
        <Field name="name" label="targets.name" required problem={problem}>
          <input
            {...fieldProps("name", problem)}
            type="text"
            required
            maxLength={64}
            value={typed.name}
            onChange={({ target: { value } }) => set({ name: value })}
          />
        </Field>
        <Field name="kind" label="targets.kind" problem={problem}>
          <Select<Typed["kind"]>
            id="field-kind"
            suffix={<Icon name="down" />}
            disabled={target !== null}
            value={typed.kind}
            onChange={(kind) => set({ kind })}
            options={KINDS.map((kind) => ({ value: kind, label: t(`target_kind.${kind}`) }))}
          />
        </Field>
        <Field
          name="address"
          label="targets.address"
          required={target === null}
          wide
          problem={problem}
          hint={t(target ? "targets.address.kept" : "targets.address.hint")}
        >
          <input
            {...fieldProps("address", problem, true)}
            type="text"
            required={target === null}
            maxLength={2000}
            placeholder={target?.host}
            translate="no"
            value={typed.address}
            onChange={({ target: { value } }) => set({ address: value })}
          />
        </Field>
        <Field name="secret" label="targets.secret" wide problem={problem} hint={t("targets.secret.hint")}>
          <input
            {...fieldProps("secret", problem, true)}
            type="text"
            minLength={8}
            maxLength={200}
            spellCheck={false}
            value={typed.secret}
            onChange={({ target: { value } }) => set({ secret: value })}
          />
        </Field>
        <fieldset className="field field-wide">
          <legend>{t("targets.events")}</legend>
          <Checkbox.Group
            name="events"
            value={typed.events}
            onChange={(events) => set({ events })}
            options={EVENTS.map((event) => ({ value: event, label: t(`target_event.${event}`) }))}
          />
        </fieldset>
        <fieldset className="field field-wide">
          <legend>{t("targets.carry")}</legend>
          <Checkbox.Group
            name="carry"
            value={typed.carry}
            onChange={(carry) => set({ carry })}
            options={CARRY.map((what) => ({ value: what, label: t(`target_carry.${what}`) }))}
          />
          <p className="hint">{t("targets.carry.hint")}</p>
        </fieldset>
        <Field name="max_priority" label="targets.priority" problem={problem}>
          <Select<number>
            id="field-max_priority"
            suffix={<Icon name="down" />}
            value={typed.max_priority}
            onChange={(max_priority) => set({ max_priority })}
            options={[1, 2, 3, 4].map((n) => ({ value: n, label: t("targets.up_to", { n }) }))}
          />
        </Field>
        <Field name="areas" label="users.areas" problem={problem}>
          <AreaSelect id="field-areas" value={typed.areas} change={(areas) => set({ areas })} />
        </Field>
        <label className="row field-wide">
          <input
            type="checkbox"
            checked={typed.enabled}
            onChange={({ target: { checked } }) => set({ enabled: checked })}
          />
          {t("targets.enabled")}
        </label>
      </div>
      <Refusal problem={problem} fields={FIELDS} />
      <div className="row">
        <button className="button button-main" type="submit" aria-disabled={busy}>
          {t("save")}
        </button>
        {target && (
          <button className="button" type="button" onClick={() => void renew()}>
            {t("targets.renew")}
          </button>
        )}
        <button className="button" type="button" onClick={close}>
          {t("cancel")}
        </button>
      </div>
    </form>
  );
}
