// The import that nobody has decided on yet: being read, what it would change, what is wrong by line, and the decision.
import { Checkbox } from "antd";
import { useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import { hasRole } from "../../api/session";
import type { Hotlist, HotlistImport, User } from "../../api/types";
import { type Key, useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import { Complaint } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, Person, Time } from "../../parts/Text";
import { Changes } from "./Changes";

const MOST_ERRORS = 200;

interface ImportPanelProps {
  found: HotlistImport;
  hotlist: Hotlist;
  user: User;
  moved: (after: HotlistImport) => void;
}

export function ImportPanel({ found, hotlist, user, moved }: ImportPanelProps) {
  const { t, number, percent } = useSpeech();
  const read = found.state !== "received";
  return (
    <section
      className={`import import-of-${found.state}`}
      data-import={found.number}
      aria-label={t("import.now")}
    >
      <header className="import-head">
        <span className={`tag import-${found.state}`}>{t(`import_state.${found.state}`)}</span>
        <strong>
          <Data>{found.file_name}</Data>
        </strong>
        <span className="muted">
          <Person name={found.importer_name} username={found.importer} /> · <Time iso={found.received_at} />
        </span>
      </header>
      {!read && (
        <p className="job-state" role="status">
          {t("import.reading")}
          <progress className="progress" max={1} value={found.progress} aria-label={t("import.reading")} />
          <span className="numbers">{percent(found.progress)}</span>
        </p>
      )}
      {read && (
        <>
          <Diff found={found} />
          {found.ignored_columns.length > 0 && (
            <p className="notice">
              {t("import.ignored")} <Data>{found.ignored_columns.join(" · ")}</Data>
            </p>
          )}
          {found.shrinks && (
            <p className="notice" role="alert">
              {t("import.shrinks", { removed: number(found.removed), rows: number(hotlist.rows) })}
            </p>
          )}
          <Errors found={found} />
          <Changes found={found} user={user} />
        </>
      )}
      <Decide found={found} user={user} moved={moved} />
      <p className="hint">
        {t("field.sha256")} <Data className="code">{found.sha256}</Data>
      </p>
    </section>
  );
}

const FIGURES = ["lines", "added", "changed", "removed", "kept", "duplicates", "refused"] as const;

function Diff({ found }: { found: HotlistImport }) {
  const { t, number } = useSpeech();
  return (
    <dl className="diff" aria-label={t("import.diff")}>
      {FIGURES.map((name) => (
        <div key={name} className={`diff-figure diff-${name}`} data-figure={name}>
          <dt>{t(`import.figure.${name}`)}</dt>
          <dd>{number(found[name])}</dd>
        </div>
      ))}
    </dl>
  );
}

function Errors({ found }: { found: HotlistImport }) {
  const { t, number } = useSpeech();
  if (!found.errors.length) return null;
  const told = found.errors.slice(0, MOST_ERRORS);
  return (
    <details className="import-errors" open>
      <summary>
        {t("import.errors", { n: number(found.duplicates + found.refused) })}
        {told.length < found.duplicates + found.refused && (
          <span className="muted"> {t("import.errors.first", { n: number(told.length) })}</span>
        )}
      </summary>
      <div className="scroll import-scroll" tabIndex={0} role="group" aria-label={t("import.errors.title")}>
        <table className="table errors">
          <caption className="visually-hidden">{t("import.errors.title")}</caption>
          <TableHead texts={[t("import.line"), t("import.wrong")]} />
          <tbody>
            {told.map((error) => (
              <tr key={`${error.line} ${error.message}`} data-line={error.line}>
                <td className="numbers">{number(error.line)}</td>
                <td>
                  <Data>{error.message}</Data>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

type Move = "confirm" | "approve" | "reject" | "drop";

/** What this user may do with it now; the server decides again. */
function movesOf(found: HotlistImport, user: User): Move[] {
  const mine = found.importer === user.username;
  const moves: Move[] = [];
  if (mine && hasRole(user, "applicant")) {
    if (found.state === "previewed") moves.push("confirm");
    moves.push("drop");
  }
  if (!mine && hasRole(user, "approver") && found.state === "confirmed") moves.push("approve", "reject");
  return moves;
}

const GOOD: ReadonlySet<Move> = new Set(["confirm", "approve"]);

function Decide({ found, user, moved }: Omit<ImportPanelProps, "hotlist">) {
  const { t, number } = useSpeech();
  const [move, setMove] = useState<Move | null>(null);
  const [reason, setReason] = useState("");
  const [shrink, setShrink] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const moves = movesOf(found, user);
  const asked = move && moves.includes(move) ? move : null;
  const waits: Key | null =
    found.state === "confirmed" && !moves.includes("approve")
      ? "import.waits"
      : found.state === "previewed" && !moves.includes("confirm")
        ? "import.waits_importer"
        : null;
  const send = async (which: Move) => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    const params = { path: { hotlist_id: found.hotlist_id, number: found.number } };
    const at = "/api/hotlists/{hotlist_id}/imports/{number}" as const;
    try {
      const after = await answer(
        which === "confirm"
          ? api.POST(`${at}/confirm`, { params, body: { sha256: found.sha256, shrink } })
          : which === "approve"
            ? api.POST(`${at}/approve`, { params })
            : which === "reject"
              ? api.POST(`${at}/reject`, { params, body: { reason: reason.trim() } })
              : api.POST(`${at}/drop`, { params }),
      );
      setMove(null);
      moved(after);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {waits && <p className="hint">{t(waits)}</p>}
      {moves.length > 0 && (
        <div className="row">
          {moves.map((each) => (
            <button
              key={each}
              className={`button ${GOOD.has(each) ? "step-good" : "step-bad"}`}
              type="button"
              data-move={each}
              onClick={() => {
                setProblem(null);
                setMove(each);
              }}
            >
              {t(`import_move.${each}`)}
            </button>
          ))}
        </div>
      )}
      {asked && (
        <form
          className="step-form"
          onSubmit={(event) => {
            event.preventDefault();
            void send(asked);
          }}
        >
          <p>{t(`import_move.${asked}.ask`)}</p>
          {asked === "confirm" && found.shrinks && (
            <Checkbox name="shrink" checked={shrink} onChange={({ target }) => setShrink(target.checked)}>
              {t("import.shrink", { n: number(found.removed) })}
            </Checkbox>
          )}
          {asked === "reject" && (
            <>
              <label htmlFor="import-reason">{t("field.reason")}</label>
              <input
                id="import-reason"
                type="text"
                required
                maxLength={500}
                autoComplete="off"
                value={reason}
                onChange={({ target }) => setReason(target.value)}
              />
            </>
          )}
          {problem && <Complaint problem={problem} />}
          <div className="row">
            <button
              className={`button ${GOOD.has(asked) ? "step-good" : "step-bad"}`}
              type="submit"
              aria-disabled={busy}
            >
              {t("confirm")}
            </button>
            <button className="button" type="button" onClick={() => setMove(null)}>
              {t("cancel")}
            </button>
          </div>
        </form>
      )}
      {found.decided_at && (
        <p className="hint">
          {t("import.decided", { zone: zone() })}{" "}
          <Person name={found.decider_name} username={found.decider ?? ""} /> <Time iso={found.decided_at} />
        </p>
      )}
    </>
  );
}
