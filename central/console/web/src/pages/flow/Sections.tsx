// The sections, the most congested first: the last full hour beside the usual.
import type { FlowSection } from "../../api/types";
import { useSpeech } from "../../base/language";
import { TableHead } from "../../parts/TableHead";
import { Data, None } from "../../parts/Text";
import { keyOf, stateOf } from "./flow";

interface SectionsProps {
  sections: FlowSection[];
  open: string;
  choose: (key: string) => void;
}

export function Sections({ sections, open, choose }: SectionsProps) {
  const { t } = useSpeech();
  const head = [t("flow.section"), t("flow.vehicles"), t("flow.seconds"), t("flow.kmh")];
  return (
    <table className="table flow-sections">
      <caption className="visually-hidden">{t("flow.sections")}</caption>
      <TableHead texts={head} />
      <tbody>
        {sections.map((section) => (
          <tr
            key={keyOf(section)}
            className="row-link"
            data-section={keyOf(section)}
            aria-current={keyOf(section) === open}
            onClick={() => choose(keyOf(section))}
          >
            <td>
              <button className="plain flow-name" type="button" onClick={() => choose(keyOf(section))}>
                <Data>
                  {section.start.name} → {section.end.name}
                </Data>
              </button>
              <StateMark section={section} />
            </td>
            <td className="numbers">
              <Against value={section.vehicles} usual={section.usual_vehicles} />
            </td>
            <td className="numbers">
              <Against value={minutes(section.seconds)} usual={minutes(section.usual_seconds)} digits={1} />
            </td>
            <td className="numbers">
              <Against value={section.kmh} digits={0} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function StateMark({ section }: { section: FlowSection }) {
  const { t, number } = useSpeech();
  const state = stateOf(section.congestion);
  return (
    <span className={`flow-state flow-${state}`}>
      <i aria-hidden="true" />
      {t(`flow_state.${state}`)}
      {section.congestion !== null && (
        <span className="muted">
          {" "}
          {t("flow.times", {
            n: number(section.congestion, { maximumFractionDigits: 1, minimumFractionDigits: 1 }),
          })}
        </span>
      )}
    </span>
  );
}

export const minutes = (seconds: number | null) => (seconds === null ? null : seconds / 60);

/** A figure, and under it what is usual. */
export function Against({
  value,
  usual,
  digits = 0,
}: {
  value: number | null;
  usual?: number | null;
  digits?: number;
}) {
  const { t, number } = useSpeech();
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return (
    <>
      <strong>{value === null ? <None /> : number(value, format)}</strong>
      {usual !== undefined && usual !== null && (
        <div className="muted flow-usual">{t("flow.usual.n", { n: number(usual, format) })}</div>
      )}
    </>
  );
}
