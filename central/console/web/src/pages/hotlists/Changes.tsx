// Which vehicles an import would add, change and take out: shown when asked for, for looking is written down.
import { useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import { hasRole } from "../../api/session";
import type { HotlistChange, HotlistChanges, HotlistImport, User } from "../../api/types";
import { type Key, useSpeech } from "../../base/language";
import { PlateChip } from "../../parts/Plate";
import { Complaint, Empty } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, Time } from "../../parts/Text";

type Row = NonNullable<HotlistChange["now"]>;
const TOLD = ["priority", "reason", "case_number", "danger_note", "instructions", "valid_until"] as const;

export function Changes({ found, user }: { found: HotlistImport; user: User }) {
  const { t, number } = useSpeech();
  const [changes, setChanges] = useState<HotlistChanges | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!hasRole(user, "applicant", "approver")) return null;
  const look = async () => {
    setProblem(null);
    const params = { path: { hotlist_id: found.hotlist_id, number: found.number } };
    try {
      setChanges(await answer(api.GET("/api/hotlists/{hotlist_id}/imports/{number}/changes", { params })));
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  const all = found.added + found.changed + found.removed;
  if (!changes) {
    return (
      <div>
        <button
          className="button"
          type="button"
          data-action="changes"
          disabled={all === 0}
          onClick={() => void look()}
        >
          {t("import.look", { n: number(all) })}
        </button>
        {problem && <Complaint problem={problem} />}
      </div>
    );
  }
  if (!changes.changes.length) return <Empty what="import.nothing" />;
  return (
    <div>
      <p className="hint">
        {t(changes.complete ? "import.looked" : "import.looked.first", { n: number(changes.changes.length) })}
      </p>
      <div className="scroll import-scroll" tabIndex={0} role="group" aria-label={t("import.diff")}>
        <table className="table changes">
          <caption className="visually-hidden">{t("import.diff")}</caption>
          <TableHead texts={[t("import.change"), t("field.plate"), t("import.row")]} />
          <tbody>
            {changes.changes.map((change, at) => {
              const row = change.now ?? change.before;
              return (
                <tr key={at} data-change={change.change}>
                  <td>
                    <span className={`tag change-${change.change}`}>{t(`change.${change.change}`)}</span>
                  </td>
                  <td>
                    {row && (
                      <PlateChip
                        plate={{ text: row.plate, colour: row.colour, plate_class: row.plate_class }}
                      />
                    )}
                  </td>
                  <td>
                    <Told change={change} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** What the row says for itself; of one that changed, each thing that did with what it was. */
function Told({ change: { now, before } }: { change: HotlistChange }) {
  const { t } = useSpeech();
  const row = now ?? before;
  if (!row) return null;
  const both = now && before;
  const told = TOLD.filter((name) =>
    both ? now[name] !== before[name] : row[name] !== null && row[name] !== "",
  );
  if (!told.length) return <span className="muted">{t("import.as_list")}</span>;
  return (
    <ul className="told">
      {told.map((name) => {
        const key: Key = `field.${name}`;
        return (
          <li key={name}>
            <span className="muted">{t(key)}</span> {both && <s>{<Value name={name} of={before} />}</s>}{" "}
            <Value name={name} of={row} />
          </li>
        );
      })}
    </ul>
  );
}

function Value({ name, of }: { name: (typeof TOLD)[number]; of: Row }) {
  const { t } = useSpeech();
  const value = of[name];
  if (value === null || value === "") return <span className="muted">{t("import.as_list")}</span>;
  if (name === "valid_until") return <Time iso={of.valid_until} />;
  if (name === "priority") return <>{t("priority.n", { n: of.priority ?? 0 })}</>;
  return <Data>{value}</Data>;
}
