// The audit trail: who did what, when and why; and whether the chain of hashes still holds.
import "../../styles/pages.css";
import { Checkbox, Select } from "antd";
import { type SubmitEvent, useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import { useLoaded } from "../../api/load";
import type { Audit as Page, AuditEntry } from "../../api/types";
import { useSpeech } from "../../base/language";
import { clockText, dateText, zone } from "../../base/time";
import { AntFrame } from "../../parts/AntFrame";
import { Icon } from "../../parts/Icon";
import { Complaint, Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, Term, Time } from "../../parts/Text";
import { Digests } from "./Digests";

const PAGE = 100;
interface Wanted {
  user: string;
  action: string;
  case_number: string;
  plate: string;
  out_of_hours: boolean;
  without_hits: boolean;
}

const ALL: Wanted = {
  user: "",
  action: "",
  case_number: "",
  plate: "",
  out_of_hours: false,
  without_hits: false,
};

function read(wanted: Wanted, before: number | null): Promise<Page> {
  const query = {
    limit: PAGE,
    out_of_hours: wanted.out_of_hours,
    without_hits: wanted.without_hits,
    ...(wanted.user && { user: wanted.user }),
    ...(wanted.action && { action: wanted.action }),
    ...(wanted.case_number && { case_number: wanted.case_number }),
    ...(wanted.plate && { plate: wanted.plate }),
    ...(before !== null && { before }),
  };
  return answer(api.GET("/api/audit", { params: { query } }));
}

export default function Audit() {
  const { t, word, codes } = useSpeech();
  const [wanted, setWanted] = useState<Wanted>(ALL);
  const [typed, setTyped] = useState({ user: "", case_number: "", plate: "" });
  const [digests, setDigests] = useState(false);
  const [refused, setRefused] = useState<Problem | null>(null);
  const { data, problem, again, put } = useLoaded(JSON.stringify(wanted), () => read(wanted, null));
  const set = (change: Partial<Wanted>) => setWanted((before) => ({ ...before, ...change }));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    set({ user: typed.user.trim(), case_number: typed.case_number.trim(), plate: typed.plate.trim() });
  };
  const guarded = async (work: () => Promise<void>) => {
    setRefused(null);
    try {
      await work();
    } catch (error) {
      setRefused(asProblem(error));
    }
  };
  const older = (entries: AuditEntry[]) =>
    guarded(async () => {
      const page = await read(wanted, entries.at(-1)?.audit_id ?? null);
      put((before) => ({ ...page, entries: [...before.entries, ...page.entries] }));
    });
  const verify = () =>
    guarded(async () => {
      await answer(api.POST("/api/audit/verification"));
      again();
    });
  const text = (name: "user" | "case_number" | "plate") => (
    <>
      <label className="visually-hidden" htmlFor={`audit-${name}`}>
        {t(`field.${name}`)}
      </label>
      <input
        id={`audit-${name}`}
        type="search"
        placeholder={t(`field.${name}`)}
        maxLength={64}
        value={typed[name]}
        onChange={({ target }) => setTyped((before) => ({ ...before, [name]: target.value }))}
      />
    </>
  );
  return (
    <AntFrame>
      <section className="pane page-audit">
        <header className="pane-head">
          <h1>{t("page.audit")}</h1>
          {data && <Mark page={data} />}
          <button className="button" type="button" onClick={() => void verify()}>
            {t("audit.walk")}
          </button>
          <button className="button" type="button" data-action="digests" onClick={() => setDigests(true)}>
            {t("audit.digests")}
          </button>
          <button className="button" type="button" onClick={again}>
            {t("refresh")}
          </button>
        </header>
        {digests && <Digests close={() => setDigests(false)} />}
        <form className="filters" onSubmit={submit} role="search">
          {text("user")}
          {text("plate")}
          {text("case_number")}
          <label className="visually-hidden" htmlFor="audit-action">
            {t("field.action")}
          </label>
          <Select<string>
            id="audit-action"
            suffix={<Icon name="down" />}
            className="audit-action"
            showSearch={{ optionFilterProp: "label" }}
            value={wanted.action}
            onChange={(action) => set({ action })}
            options={[
              { value: "", label: t("audit.any_action") },
              ...codes("action").map((action) => ({ value: action, label: word("action", action) ?? action })),
            ]}
          />
          <Checkbox
            checked={wanted.out_of_hours}
            onChange={({ target }) => set({ out_of_hours: target.checked })}
          >
            {t("audit.out_of_hours")}
          </Checkbox>
          <Checkbox
            checked={wanted.without_hits}
            onChange={({ target }) => set({ without_hits: target.checked })}
          >
            {t("audit.without_hits")}
          </Checkbox>
          <button className="button" type="submit">
            {t("audit.filter")}
          </button>
        </form>
        {refused && <Complaint problem={refused} />}
        <div className="pane-body">
          {problem ? (
            <Failed problem={problem} again={again} />
          ) : !data ? (
            <Loading />
          ) : !data.entries.length ? (
            <Empty what="audit.none" />
          ) : (
            <>
              <Entries entries={data.entries} />
              {data.entries.length % PAGE === 0 && (
                <button className="button more" type="button" onClick={() => void older(data.entries)}>
                  {t("audit.more")}
                </button>
              )}
            </>
          )}
        </div>
      </section>
    </AntFrame>
  );
}

function Mark({
  page: { verified, first_bad: firstBad, why, walked_at: walkedAt, walked_entries: walked },
}: {
  page: Page;
}) {
  const { t, number } = useSpeech();
  const at = walkedAt ? new Date(walkedAt) : null;
  return (
    <span role="status" className="row">
      {at && (
        <span className="muted">
          {t("audit.walked", { time: `${dateText(at)} ${clockText(at)} ${zone(at)}`, n: number(walked) })}
        </span>
      )}
      <span className={`tag ${verified ? "tag-good" : "tag-bad"}`} data-verified={verified}>
        {t(verified ? "audit.verified" : "audit.broken")}
      </span>
      {!verified && (
        <span className="bad">
          {firstBad !== null && <Data>#{firstBad}</Data>} <Data>{why}</Data>
        </span>
      )}
    </span>
  );
}

function Entries({ entries }: { entries: AuditEntry[] }) {
  const { t } = useSpeech();
  const head = [
    t("field.number"),
    t("field.time", { zone: zone() }),
    t("field.user"),
    t("field.action"),
    t("field.subject"),
    t("field.reason"),
    t("field.case_number"),
    t("field.sha256"),
  ];
  return (
    <table className="table audit">
      <caption className="visually-hidden">{t("page.audit")}</caption>
      <TableHead texts={head} />
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.audit_id}>
            <td className="numbers">
              <Data>{entry.audit_id}</Data>
            </td>
            <td className="numbers">
              <Time iso={entry.at} labelled={false} />
            </td>
            <td>
              <Data>{entry.user}</Data>
            </td>
            <td>
              <Term group="action" code={entry.action} />
            </td>
            <td>
              <Data className="code">{entry.subject}</Data>
            </td>
            <td>
              <Data>{entry.reason}</Data>
            </td>
            <td>
              <Data>{entry.case_number}</Data>
            </td>
            <td>
              <span className="code muted" translate="no" title={entry.sha256}>
                {entry.sha256.slice(0, 12)}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
