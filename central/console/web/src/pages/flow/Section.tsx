// One section: its day against the usual, two hours ahead, and how far such forecasts were off.
import type { EChartsCoreOption } from "echarts/core";
import { useCallback, useMemo, useState } from "react";
import { answer, api } from "../../api/client";
import { useLoaded } from "../../api/load";
import type { FlowForecast, FlowSection } from "../../api/types";
import { type Speech, useSpeech } from "../../base/language";
import { clockText, zone } from "../../base/time";
import type { Inks } from "../../parts/Chart";
import { LazyChart } from "../../parts/LazyChart";
import { Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data } from "../../parts/Text";
import { keyOf, type Measure, MEASURES, type Row, rowsOf } from "./flow";
import { StateMark } from "./Sections";

const EVERY_MS = 60_000;
const DIGITS: Record<Measure, number> = { vehicles: 0, seconds: 1, kmh: 0 };

const shown = (value: number | null, measure: Measure, { number }: Speech) =>
  number(value, { minimumFractionDigits: DIGITS[measure], maximumFractionDigits: DIGITS[measure] });
const range = (low: number | null, high: number | null, measure: Measure, speech: Speech) =>
  low === null || high === null
    ? speech.t("none")
    : `${shown(low, measure, speech)}–${shown(high, measure, speech)}`;

export function Section({ section, fewest }: { section: FlowSection; fewest: number }) {
  const speech = useSpeech();
  const { t } = speech;
  const [measure, setMeasure] = useState<Measure>("vehicles");
  const [byHour, setByHour] = useState(false);
  const [start, end] = [section.start.checkpoint_id, section.end.checkpoint_id];
  const { data, problem, again } = useLoaded(
    `${keyOf(section)}|${String(byHour)}`,
    () =>
      Promise.all([
        answer(api.GET("/api/flow/today", { params: { query: { start, end, by_hour: byHour } } })),
        answer(api.GET("/api/flow/forecast", { params: { query: { start, end } } })),
      ]),
    EVERY_MS,
  );
  const [today, ahead] = data ?? [null, null];
  // What came for another section is not this one's.
  const mine = today && keyOf(today) === keyOf(section);
  const rows = useMemo(
    () => (mine ? rowsOf(measure, today, byHour ? null : ahead) : []),
    [mine, measure, today, ahead, byHour],
  );
  const option = useCallback((inks: Inks) => draw(rows, measure, inks, speech), [rows, measure, speech]);
  const name = `${section.start.name} → ${section.end.name}`;
  return (
    <section className="flow-section" aria-labelledby="flow-open">
      <header className="flow-section-head">
        <h2 id="flow-open">
          <Data>{name}</Data>
        </h2>
        <StateMark section={section} />
        <div className="tabs" role="group" aria-label={t("flow.measures")}>
          {MEASURES.map((each) => (
            <button
              key={each}
              className="tab"
              type="button"
              data-measure={each}
              aria-pressed={each === measure}
              onClick={() => setMeasure(each)}
            >
              {t(`flow_measure.${each}`)}
            </button>
          ))}
        </div>
        <div className="tabs" role="group" aria-label={t("flow.steps")}>
          <button className="tab" type="button" aria-pressed={!byHour} onClick={() => setByHour(false)}>
            {t("flow.by_quarter")}
          </button>
          <button className="tab" type="button" aria-pressed={byHour} onClick={() => setByHour(true)}>
            {t("flow.by_hour")}
          </button>
        </div>
      </header>
      {problem && <Failed problem={problem} again={again} />}
      {!mine && !problem && <Loading />}
      {mine && (
        <>
          <LazyChart label={t("flow.chart", { measure: t(`flow_measure.${measure}`) })} option={option} />
          <p className="hint">
            {t("flow.note", { n: fewest, zone: zone() })} {measure === "kmh" && t("flow.kmh.note")}
          </p>
          <div className="flow-tables">
            <Ahead ahead={ahead} />
            <details>
              <summary>{t("flow.table")}</summary>
              <Day rows={rows} measure={measure} />
            </details>
          </div>
        </>
      )}
    </section>
  );
}

function Day({ rows, measure }: { rows: Row[]; measure: Measure }) {
  const speech = useSpeech();
  const { t } = speech;
  const head = [
    t("field.time", { zone: zone() }),
    t(`flow_measure.${measure}`),
    t("flow.usual"),
    t("flow.band"),
  ];
  return (
    <div className="scroll flow-day">
      <table className="table">
        <caption className="visually-hidden">{t("flow.table")}</caption>
        <TableHead texts={head} />
        <tbody>
          {rows.map((row) => (
            <tr key={row.begins}>
              <td className="numbers">{row.label}</td>
              <td className="numbers">{shown(row.seen, measure, speech)}</td>
              <td className="numbers">{shown(row.usual, measure, speech)}</td>
              <td className="numbers">{range(row.low, row.high, measure, speech)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Ahead({ ahead }: { ahead: FlowForecast }) {
  const speech = useSpeech();
  const { t } = speech;
  const minutes = (seconds: number | null) => (seconds === null ? null : seconds / 60);
  const off = (value: number | null) =>
    value === null
      ? t("none")
      : `±${speech.number(value, { maximumFractionDigits: 1, minimumFractionDigits: 1 })}`;
  return (
    <div className="flow-ahead">
      <h3>{t("flow.ahead")}</h3>
      <div className="scroll">
        <table className="table">
          <caption className="visually-hidden">{t("flow.ahead")}</caption>
          <thead>
            <tr>
              <th scope="col" rowSpan={2}>
                {t("field.time", { zone: zone() })}
              </th>
              <th scope="colgroup" colSpan={4}>
                {t("flow_measure.vehicles")}
              </th>
              <th scope="colgroup" colSpan={4}>
                {t("flow_measure.seconds")}
              </th>
            </tr>
            <tr>
              {(["vehicles", "seconds"] as const).map((measure) =>
                (["flow.foretold", "flow.band", "flow.usual", "flow.error"] as const).map((key) => (
                  <th key={`${measure} ${key}`} scope="col">
                    {t(key)}
                  </th>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {ahead.quarters.map((quarter) => (
              <tr key={quarter.begins}>
                <td className="numbers">{clockText(new Date(quarter.begins), { seconds: false })}</td>
                <td className="numbers">
                  <strong>{shown(quarter.vehicles, "vehicles", speech)}</strong>
                </td>
                <td className="numbers">
                  {range(quarter.vehicles_p10, quarter.vehicles_p90, "vehicles", speech)}
                </td>
                <td className="numbers muted">{shown(quarter.usual_vehicles, "vehicles", speech)}</td>
                <td className="numbers muted">{off(quarter.vehicles_error)}</td>
                <td className="numbers">
                  <strong>{shown(minutes(quarter.seconds), "seconds", speech)}</strong>
                </td>
                <td className="numbers">
                  {range(minutes(quarter.seconds_p10), minutes(quarter.seconds_p90), "seconds", speech)}
                </td>
                <td className="numbers muted">{shown(minutes(quarter.usual_seconds), "seconds", speech)}</td>
                <td className="numbers muted">{off(minutes(quarter.seconds_error))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="hint">{t("flow.error.note")}</p>
    </div>
  );
}

function draw(rows: Row[], measure: Measure, inks: Inks, speech: Speech): EChartsCoreOption {
  const { t } = speech;
  const names = {
    seen: t("flow.today"),
    usual: t("flow.usual"),
    band: t("flow.band_usual"),
    ahead: t("flow.foretold"),
    aheadBand: t("flow.band_ahead"),
  };
  const of = (name: keyof Row) => rows.map((row) => row[name]);
  const above = (low: keyof Row, high: keyof Row) =>
    rows.map((row) =>
      row[low] === null || row[high] === null ? null : (row[high] as number) - (row[low] as number),
    );
  const quiet = { type: "line", symbol: "none", silent: true, lineStyle: { opacity: 0 } } as const;
  const band = (
    stack: string,
    name: string,
    low: keyof Row,
    high: keyof Row,
    color: string,
    opacity: number,
  ) => [
    { ...quiet, name: `${name} `, stack, data: of(low), tooltip: { show: false } },
    {
      ...quiet,
      name,
      stack,
      data: above(low, high),
      areaStyle: { color, opacity },
      itemStyle: { color, opacity: 2 * opacity },
    },
  ];
  const tells = measure !== "kmh";
  return {
    grid: { left: 48, right: 18, top: 40, bottom: 28 },
    legend: {
      top: 4,
      left: 84,
      icon: "roundRect",
      itemWidth: 18,
      itemHeight: 9,
      textStyle: { color: inks.text, fontSize: 13 },
      inactiveColor: inks.muted,
      data: tells ? Object.values(names) : [names.seen],
    },
    tooltip: {
      trigger: "axis",
      renderMode: "richText", // the content policy allows no style attributes
      backgroundColor: inks.raised,
      borderColor: inks.line,
      textStyle: { color: inks.text, fontSize: 13, lineHeight: 20 },
      formatter: (points: unknown) => {
        const [first] = points as { dataIndex: number }[];
        const row = first && rows[first.dataIndex];
        return row ? told(row, measure, names, speech) : "";
      },
    },
    xAxis: {
      type: "category",
      data: rows.map((row) => row.label),
      axisLine: { lineStyle: { color: inks.line } },
      axisTick: { alignWithLabel: true, interval: rows.length > 24 ? 11 : 1, lineStyle: { color: inks.line } },
      axisLabel: { color: inks.muted, interval: rows.length > 24 ? 11 : 1, fontSize: 12 },
    },
    yAxis: {
      type: "value",
      name: t(`flow_unit.${measure}`),
      nameTextStyle: { color: inks.muted, align: "right" },
      min: 0,
      axisLabel: { color: inks.muted, fontSize: 12 },
      splitLine: { lineStyle: { color: inks.line } },
    },
    series: [
      ...(tells ? band("usual", names.band, "low", "high", inks.muted, 0.22) : []),
      ...(tells ? band("ahead", names.aheadBand, "aheadLow", "aheadHigh", inks.warn, 0.25) : []),
      tells && {
        type: "line",
        name: names.usual,
        symbol: "none",
        data: of("usual"),
        itemStyle: { color: inks.muted },
        lineStyle: { color: inks.muted, width: 1.5, type: "dashed" },
      },
      measure === "vehicles"
        ? {
            type: "bar",
            name: names.seen,
            data: of("seen"),
            itemStyle: { color: inks.accent },
            barCategoryGap: "20%",
          }
        : {
            type: "line",
            name: names.seen,
            data: of("seen"),
            symbol: "circle",
            symbolSize: 4,
            itemStyle: { color: inks.accent },
            lineStyle: { color: inks.accent, width: 2.5 },
          },
      tells && {
        type: "line",
        name: names.ahead,
        data: of("ahead"),
        symbol: "circle",
        symbolSize: 5,
        itemStyle: { color: inks.warn },
        lineStyle: { color: inks.warn, width: 2.5 },
      },
    ].filter(Boolean),
  };
}

function told(
  row: Row,
  measure: Measure,
  names: Record<"seen" | "usual" | "ahead", string>,
  speech: Speech,
): string {
  const lines = [row.label];
  const add = (name: string, value: number | null, low: number | null, high: number | null) => {
    if (value === null) return;
    const between = low === null || high === null ? "" : ` (${range(low, high, measure, speech)})`;
    lines.push(`${name}  ${shown(value, measure, speech)}${between}`);
  };
  add(names.seen, row.seen, null, null);
  add(names.ahead, row.ahead, row.aheadLow, row.aheadHigh);
  add(names.usual, row.usual, row.low, row.high);
  return lines.join("\n");
}
