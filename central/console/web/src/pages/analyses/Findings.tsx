// What an analysis found, as a table: which columns there are the server tells, how each is shown is told by its name.
import { useState } from "react";
import type { AnalysisKind, Checkpoint } from "../../api/types";
import { type Speech, useSpeech } from "../../base/language";
import { spanText, zone } from "../../base/time";
import { PlateChip } from "../../parts/Plate";
import { Data, None, Term, Time } from "../../parts/Text";

export type Finding = Record<string, unknown>;

interface FindingsProps {
  kind: AnalysisKind | undefined;
  name: string;
  findings: Finding[];
  places: Checkpoint[];
  /** Search for a plate. */
  follow: (plate: string) => void;
}

const SHARES = new Set(["share", "mean_confidence", "unread_share"]);
const PLACES = new Set(["checkpoint", "first_checkpoint", "went_in", "came_out", "from", "to"]);
/** Lists of their own, which open under the row. */
const NESTED = new Set(["anomalies", "looks", "steps"]);

export function Findings({ kind, name, findings, places, follow }: FindingsProps) {
  const speech = useSpeech();
  const { t, number } = speech;
  const [open, setOpen] = useState<number | null>(null);
  const told = kind ? Object.keys(kind.columns) : [...new Set(findings.flatMap((each) => Object.keys(each)))];
  const there = told.filter((column) =>
    findings.some((each) => each[column] !== undefined && each[column] !== null),
  );
  const columns = there.filter((column) => !NESTED.has(column));
  const nested = there.filter((column) => NESTED.has(column));
  const head = (column: string) => {
    const text = speech.word("finding", `${name}.${column}`) ?? speech.word("finding", column) ?? column;
    return column.endsWith("_at") ? `${text} (${zone()})` : text;
  };
  return (
    <div className="scroll findings-scroll">
      <table className="table findings">
        <caption className="visually-hidden">{t("analysis.findings")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("field.number")}</th>
            {columns.map((column) => (
              <th key={column} scope="col">
                {head(column)}
              </th>
            ))}
            {nested.length > 0 && <th scope="col">{t("finding.detail")}</th>}
          </tr>
        </thead>
        <tbody>
          {findings.map((finding, at) => {
            const inside = nested.filter((column) => Array.isArray(finding[column]));
            const rows = [
              <tr key={at} data-finding={at}>
                <td className="numbers">{number(at + 1)}</td>
                {columns.map((column) => (
                  <td key={column} className={typeof finding[column] === "number" ? "numbers" : undefined}>
                    <Cell column={column} value={finding[column]} places={places} follow={follow} />
                  </td>
                ))}
                {nested.length > 0 && (
                  <td>
                    {inside.length > 0 && (
                      <button
                        className="button button-small"
                        type="button"
                        aria-expanded={open === at}
                        onClick={() => setOpen(open === at ? null : at)}
                      >
                        {t(open === at ? "finding.hide" : "finding.show")}
                      </button>
                    )}
                  </td>
                )}
              </tr>,
            ];
            if (open === at) {
              rows.push(
                <tr key={`${at}-inside`} className="finding-inside">
                  <td />
                  <td colSpan={columns.length + 1}>
                    {inside.map((column) => (
                      <Inside
                        key={column}
                        title={head(column)}
                        rows={finding[column] as Finding[]}
                        head={head}
                        places={places}
                        follow={follow}
                      />
                    ))}
                  </td>
                </tr>,
              );
            }
            return rows;
          })}
        </tbody>
      </table>
    </div>
  );
}

interface InsideProps {
  title: string;
  rows: Finding[];
  head: (column: string) => string;
  places: Checkpoint[];
  follow: (plate: string) => void;
}

function Inside({ title, rows, head, places, follow }: InsideProps) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((c) => c !== "passage_id");
  return (
    <table className="table">
      <caption>{title}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {head(column === "at" ? "seen_at" : column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, at) => (
          <tr key={at}>
            {columns.map((column) => (
              <td key={column} className={typeof row[column] === "number" ? "numbers" : undefined}>
                <Cell
                  column={column === "at" ? "seen_at" : column}
                  value={row[column]}
                  places={places}
                  follow={follow}
                />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface CellProps {
  column: string;
  value: unknown;
  places: Checkpoint[];
  follow: (plate: string) => void;
}

function Cell({ column, value, places, follow }: CellProps) {
  const speech = useSpeech();
  const { t } = speech;
  if (value === null || value === undefined || value === "") return <None />;
  if (column === "plate" && typeof value === "string") {
    return (
      <button
        className="plain"
        type="button"
        aria-label={t("search.follow.of", { plate: value })}
        title={t("search.follow.hint")}
        onClick={() => follow(value)}
      >
        <PlateChip plate={{ text: value }} />
      </button>
    );
  }
  if (typeof value === "number") return numberText(column, value, speech);
  if (column.endsWith("_at") && typeof value === "string") return <Time iso={value} labelled={false} />;
  if (typeof value === "string") {
    if (PLACES.has(column)) {
      return <Data>{places.find((p) => p.checkpoint_id === value)?.name ?? value}</Data>;
    }
    if (column === "why") return <Term group="finding_why" code={value} />;
    const group = GROUPS[column];
    return group ? <Term group={group} code={value} /> : <Data>{value}</Data>;
  }
  // Numbers of areas, which count from 0.
  if (Array.isArray(value) && column === "areas") {
    return <span className="numbers">{value.map((n) => String(Number(n) + 1)).join(", ")}</span>;
  }
  return <Data className="code">{JSON.stringify(value)}</Data>;
}

const GROUPS: Partial<Record<string, string>> = {
  colour: "colour",
  plate_class: "class",
  direction: "direction",
  reason: "unread",
};

function numberText(column: string, value: number, { t, number, percent }: Speech): string {
  if (SHARES.has(column) || column.endsWith("_share")) return percent(value, 1);
  if (column === "gap_s") {
    return t(value < 0 ? "finding.earlier" : "finding.later", { time: spanText(Math.abs(value) * 1000) });
  }
  if (column.endsWith("_s")) return spanText(value * 1000);
  if (column.endsWith("_kmh")) return t("speed.kmh", { n: number(value, { maximumFractionDigits: 0 }) });
  if (column.endsWith("_hours")) return t("hours.n", { n: number(value, { maximumFractionDigits: 1 }) });
  return number(value, { maximumFractionDigits: 1 });
}
