// One list: what it is, the file that is being decided on, those before it, and its rows to take along.
import { useState } from "react";
import { answer, api } from "../../api/client";
import { takeFile } from "../../api/file";
import { useLoaded } from "../../api/load";
import { hasRole } from "../../api/session";
import type { Checkpoint, Hotlist, HotlistImport, User } from "../../api/types";
import { useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import { ExportButtons } from "../../parts/ExportButtons";
import { Facts } from "../../parts/Facts";
import { Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, Person, Time } from "../../parts/Text";
import { ImportPanel } from "./ImportPanel";
import { Upload } from "./Upload";

/** While a file is read its progress is asked for; else whether a colleague did something. */
const READING_MS = 700;
const RESTING_MS = 8000;
const UNDECIDED = new Set(["received", "previewed", "confirmed"]);
const FORMS = ["csv", "xlsx"] as const;

interface HotlistDetailProps {
  hotlist: Hotlist;
  user: User;
  places: Checkpoint[];
  changed: () => void;
}

export function HotlistDetail({ hotlist, user, places, changed }: HotlistDetailProps) {
  const { t, number } = useSpeech();
  const nameOf = (id: string) => places.find((p) => p.checkpoint_id === id)?.name ?? id;
  const sees = hasRole(user, "applicant", "approver", "supervisor", "auditor");
  const take = (form: (typeof FORMS)[number]) => {
    const params = { path: { hotlist_id: hotlist.hotlist_id }, query: { form } };
    return takeFile(api.GET("/api/hotlists/{hotlist_id}/rows", { params, parseAs: "blob" }));
  };
  const takes = hasRole(user, "applicant", "approver") && user.areas.length === 0 && hotlist.generation > 0;
  return (
    <article className="hotlist-detail" data-hotlist={hotlist.hotlist_id}>
      <header className="case-head">
        <div>
          <h2>
            <Data>{hotlist.name}</Data>
          </h2>
          <p className="muted">
            <Data>{hotlist.department}</Data> · <Data>{hotlist.case_number}</Data>
          </p>
        </div>
        <div className="row">
          <strong>
            {hotlist.generation ? t("hotlist.in_force", { n: number(hotlist.rows) }) : t("hotlist.unfilled")}
          </strong>
          {takes && <ExportButtons forms={FORMS} take={take} />}
        </div>
      </header>
      {hotlist.left_out.length > 0 && (
        <p className="notice">
          {t("hotlist.left_out")} <Data>{hotlist.left_out.map(nameOf).join(" · ")}</Data>
        </p>
      )}
      {sees && <Imports hotlist={hotlist} user={user} changed={changed} />}
      <h3>{t("hotlist.facts")}</h3>
      <Facts
        of={[
          ["hotlist.purpose", <Data>{hotlist.purpose}</Data>],
          ["field.legal_basis", <Data>{hotlist.legal_basis}</Data>],
          ["field.contact", <Data>{hotlist.contact}</Data>],
          ["field.priority", t("priority.n", { n: hotlist.priority })],
          ["field.danger_note", hotlist.danger_note && <Data>{hotlist.danger_note}</Data>],
          ["field.instructions", hotlist.instructions && <Data>{hotlist.instructions}</Data>],
          [
            "field.checkpoints",
            hotlist.checkpoints.length ? (
              <Data>{hotlist.checkpoints.map(nameOf).join(" · ")}</Data>
            ) : (
              t("everywhere")
            ),
          ],
          ["hotlist.matching", t(hotlist.exact_only ? "hotlist.exact_only" : "hotlist.also_suspected")],
          ["field.valid_until", <Time iso={hotlist.valid_until} />],
          ["hotlist.owner", <Person name={hotlist.owner_name} username={hotlist.owner} />],
        ]}
      />
    </article>
  );
}

interface ImportsProps {
  hotlist: Hotlist;
  user: User;
  changed: () => void;
}

function Imports({ hotlist, user, changed }: ImportsProps) {
  const { t } = useSpeech();
  const [reading, setReading] = useState(true);
  const params = { path: { hotlist_id: hotlist.hotlist_id } };
  const { data, problem, again, put } = useLoaded(
    String(hotlist.hotlist_id),
    () => answer(api.GET("/api/hotlists/{hotlist_id}/imports", { params })).then(({ imports }) => imports),
    reading ? READING_MS : RESTING_MS,
  );
  const read = data?.some(({ state }) => state === "received") ?? true;
  if (read !== reading) setReading(read);
  if (!data) return problem ? <Failed problem={problem} again={again} /> : <Loading />;
  const moved = (after: HotlistImport) => {
    put((imports) => [after, ...imports.filter(({ number }) => number !== after.number)].sort(newest));
    again();
    changed();
  };
  const current = data.find(({ state }) => UNDECIDED.has(state));
  const failed = data[0]?.state === "failed" ? data[0] : undefined;
  const past = data.filter((each) => each !== current);
  return (
    <>
      {current ? (
        <ImportPanel key={current.number} found={current} hotlist={hotlist} user={user} moved={moved} />
      ) : (
        <>
          {failed && (
            <p className="complaint" role="alert">
              {t("import.failed", { name: failed.file_name })} <Data>{failed.reason}</Data>
            </p>
          )}
          {hasRole(user, "applicant") && <Upload hotlist={hotlist} handed={moved} />}
        </>
      )}
      <h3>{t("import.past")}</h3>
      {past.length ? <Past imports={past} /> : <Empty what="import.none" />}
    </>
  );
}

const newest = (a: HotlistImport, b: HotlistImport) => b.number - a.number;

function Past({ imports }: { imports: HotlistImport[] }) {
  const { t, number } = useSpeech();
  const head = [
    t("import.number"),
    t("field.state"),
    t("import.file"),
    t("import.diff"),
    t("import.people"),
    t("import.received_at", { zone: zone() }),
  ];
  return (
    <div className="scroll">
      <table className="table imports">
        <caption className="visually-hidden">{t("import.past")}</caption>
        <TableHead texts={head} />
        <tbody>
          {imports.map((each) => (
            <tr key={each.number} data-import={each.number}>
              <td className="numbers">{each.number}</td>
              <td>
                <span className={`tag import-${each.state}`}>{t(`import_state.${each.state}`)}</span>
              </td>
              <td>
                <Data>{each.file_name}</Data>
                {each.reason && (
                  <>
                    <br />
                    <Data className="muted">{each.reason}</Data>
                  </>
                )}
              </td>
              <td className="numbers">
                {t("import.diff.short", {
                  added: number(each.added),
                  changed: number(each.changed),
                  removed: number(each.removed),
                })}
              </td>
              <td>
                <Data>{[each.importer_name, each.decider_name].filter(Boolean).join(" → ")}</Data>
              </td>
              <td className="numbers">
                <Time iso={each.received_at} labelled={false} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
