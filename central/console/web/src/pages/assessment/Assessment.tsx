// Assessment (考核): the same yardstick for every team, from the records, with how far each figure may be trusted.
import "../../styles/pages.css";
import "../../styles/assessment.css";
import { useState } from "react";
import { useCheckpoints } from "../../api/checkpoints";
import { answer, api } from "../../api/client";
import { useLoaded } from "../../api/load";
import type { AlertFigures, Assessment as Figures, OrderFigures } from "../../api/types";
import { type Key, useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import { AntFrame } from "../../parts/AntFrame";
import Day from "../../parts/Day";
import { Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data } from "../../parts/Text";
import { boundsOf, PRESETS, presetOf } from "./period";
import { RateCell, TimesCell } from "./rates";

const RATES = [
  "verified_correct",
  "intercepted_of_sent",
  "intercepted_of_all",
  "false_alerts",
  "escalated",
] as const;
const ORDER_RATES = [
  "with_alerts",
  "false_alerts",
  "withdrawn",
  "rejected",
  "expired_without_alert",
  "lapsed_emergencies",
  "with_case_number",
] as const;
const GROUPS = ["team", "shift", "tier", "camera"] as const;
type Group = (typeof GROUPS)[number];

export default function Assessment() {
  const { t } = useSpeech();
  const [period, setPeriod] = useState(() => presetOf("month"));
  const [group, setGroup] = useState<Group>("team");
  const query = boundsOf(period);
  const { data, problem, again } = useLoaded(JSON.stringify(query), () =>
    answer(api.GET("/api/assessment", { params: { query } })),
  );
  return (
    <AntFrame>
      <section className="pane page-assessment">
        <header className="pane-head">
          <h1>{t("page.assessment")}</h1>
          <div className="tabs" role="group" aria-label={t("assessment.presets")}>
            {PRESETS.map((preset) => {
              const its = presetOf(preset);
              return (
                <button
                  key={preset}
                  className="tab"
                  type="button"
                  aria-pressed={its.first === period.first && its.last === period.last}
                  onClick={() => setPeriod(its)}
                >
                  {t(`assessment_preset.${preset}`)}
                </button>
              );
            })}
          </div>
          <label className="visually-hidden" htmlFor="field-first">
            {t("assessment.first")}
          </label>
          <Day
            name="first"
            value={period.first}
            change={(first) => setPeriod(({ last }) => ({ first, last: last < first ? first : last }))}
          />
          <span aria-hidden="true">–</span>
          <label className="visually-hidden" htmlFor="field-last">
            {t("assessment.last")}
          </label>
          <Day
            name="last"
            value={period.last}
            change={(last) => setPeriod(({ first }) => ({ first: last < first ? last : first, last }))}
          />
          <span className="muted">{zone()}</span>
          <a
            className="button"
            href={`api/assessment/csv?${new URLSearchParams(query).toString()}`}
            download="assessment.csv"
            data-action="csv"
          >
            {t("assessment.csv")}
          </a>
        </header>
        <div className="pane-body">
          {problem && <Failed problem={problem} again={again} />}
          {!data && !problem && <Loading />}
          {data && !problem && (
            <>
              <All figures={data.alerts} />
              <section className="assessment-block" aria-labelledby="by-group">
                <header className="row">
                  <h2 id="by-group">{t("assessment.groups")}</h2>
                  <div className="tabs" role="group" aria-label={t("assessment.groups")}>
                    {GROUPS.map((each) => (
                      <button
                        key={each}
                        className="tab"
                        type="button"
                        data-group={each}
                        aria-pressed={each === group}
                        onClick={() => setGroup(each)}
                      >
                        {t(`assessment_group.${each}`)}
                      </button>
                    ))}
                  </div>
                </header>
                <Groups data={data} group={group} />
                <p className="hint">{t("assessment.compare")}</p>
              </section>
              {data.orders && <Orders all={data.orders} teams={data.orders_by_team} />}
              <Devices data={data} />
              <Definitions />
            </>
          )}
        </div>
      </section>
    </AntFrame>
  );
}

function All({ figures }: { figures: AlertFigures }) {
  const { t, number } = useSpeech();
  return (
    <dl className="assessment-all" aria-label={t("assessment.all")}>
      <div>
        <dt>{t("assessment.alerts")}</dt>
        <dd>
          <strong className="assessment-count">{number(figures.alerts)}</strong>
        </dd>
      </div>
      <div>
        <dt>{t("yardstick.sign_off")}</dt>
        <dd>
          <TimesCell times={figures.sign_off} />
        </dd>
      </div>
      {RATES.map((name) => (
        <div key={name} data-figure={name}>
          <dt>{t(`yardstick.${name}`)}</dt>
          <dd>
            <RateCell name={name} rate={figures[name]} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Groups({ data, group }: { data: Figures; group: Group }) {
  const { t, number } = useSpeech();
  const name = useGroupName(group);
  const found = Object.entries(data[`by_${group}`]).sort(([, a], [, b]) => b.alerts - a.alerts);
  if (!found.length) return <Empty what="assessment.none" />;
  const head = [
    t(`assessment_group.${group}`),
    t("assessment.alerts"),
    t("yardstick.sign_off"),
    ...RATES.map((each) => t(`yardstick.${each}`)),
  ];
  return (
    <div className="scroll">
      <table className="table assessment-table">
        <caption className="visually-hidden">{t("assessment.groups")}</caption>
        <TableHead texts={head} />
        <tbody>
          {found.map(([key, figures]) => (
            <tr key={key} data-name={key}>
              <th scope="row">{name(key)}</th>
              <td className="numbers">{number(figures.alerts)}</td>
              <td>
                <TimesCell times={figures.sign_off} />
              </td>
              {RATES.map((each) => (
                <td key={each}>
                  <RateCell name={each} rate={figures[each]} all={data.alerts[each].value} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function useGroupName(group: Group): (key: string) => React.ReactNode {
  const { t, word } = useSpeech();
  const places = useCheckpoints();
  return (key) => {
    if (key === "") return <span className="muted">{t("assessment.nobody")}</span>;
    if (group === "tier") return word("tier", key) ?? <Data>{key}</Data>;
    if (group !== "camera") return <Data>{key}</Data>;
    const [id = "", camera = ""] = key.split("/");
    return (
      <Data>
        {places.find((place) => place.checkpoint_id === id)?.name ?? id} {camera}
      </Data>
    );
  };
}

function Orders({ all, teams }: { all: OrderFigures; teams: Record<string, OrderFigures> }) {
  const { t, number } = useSpeech();
  const rows: [string | null, OrderFigures][] = [[null, all], ...Object.entries(teams)];
  const head = [
    t("assessment_group.team"),
    t("assessment.orders"),
    ...ORDER_RATES.map((name) => t(`order_yardstick.${name}`)),
  ];
  return (
    <section className="assessment-block" aria-labelledby="of-orders">
      <h2 id="of-orders">{t("assessment.order_quality")}</h2>
      <div className="scroll">
        <table className="table assessment-table">
          <caption className="visually-hidden">{t("assessment.order_quality")}</caption>
          <TableHead texts={head} />
          <tbody>
            {rows.map(([name, figures]) => (
              <tr key={name ?? "*"}>
                <th scope="row">
                  {name === null ? (
                    t("assessment.all")
                  ) : name ? (
                    <Data>{name}</Data>
                  ) : (
                    <span className="muted">{t("assessment.nobody")}</span>
                  )}
                </th>
                <td className="numbers">{number(figures.orders)}</td>
                {ORDER_RATES.map((each) => (
                  <td key={each}>
                    <RateCell name={each} rate={figures[each]} all={name === null ? null : all[each].value} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const GOOD_SHARE = 0.99;

function Devices({ data }: { data: Figures }) {
  const { t, percent, number } = useSpeech();
  const places = useCheckpoints();
  const head = [
    t("field.checkpoint"),
    t("field.node"),
    t("nodes.camera"),
    t("assessment.sound"),
    t("assessment.hours"),
  ];
  const worst = [...data.devices].sort((a, b) => a.alive - b.alive);
  return (
    <section className="assessment-block" aria-labelledby="of-devices">
      <h2 id="of-devices">{t("assessment.devices")}</h2>
      {!worst.length && <Empty what="nodes.none" />}
      {worst.length > 0 && (
        <div className="scroll assessment-devices">
          <table className="table">
            <caption className="visually-hidden">{t("assessment.devices")}</caption>
            <TableHead texts={head} />
            <tbody>
              {worst.map((device) => (
                <tr key={`${device.node_id}/${device.camera_id}`}>
                  <td>
                    <Data>
                      {places.find((p) => p.checkpoint_id === device.checkpoint_id)?.name ??
                        device.checkpoint_id}
                    </Data>
                  </td>
                  <td>
                    <Data className="code">{device.node_id}</Data>
                  </td>
                  <td>{device.camera_id ? <Data>{device.camera_id}</Data> : t("assessment.node_itself")}</td>
                  <td className={`numbers ${device.hours > 0 && device.alive < GOOD_SHARE ? "bad" : ""}`}>
                    {device.hours > 0 ? percent(device.alive, 1) : t("none")}
                  </td>
                  <td className="numbers">{number(device.hours, { maximumFractionDigits: 1 })}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Definitions() {
  const { t } = useSpeech();
  const all: [Key, Key][] = [
    ["yardstick.sign_off", "definition.sign_off"],
    ...RATES.map((name): [Key, Key] => [`yardstick.${name}`, `definition.${name}`]),
    ["assessment_group.team", "definition.team"],
    ["assessment.few", "definition.few"],
    ...ORDER_RATES.map((name): [Key, Key] => [`order_yardstick.${name}`, `order_definition.${name}`]),
    ["assessment.sound", "definition.sound"],
  ];
  return (
    <section className="assessment-block" aria-labelledby="definitions">
      <h2 id="definitions">{t("assessment.definitions")}</h2>
      <dl className="definitions">
        {all.map(([term, means]) => (
          <div key={means}>
            <dt>{t(term)}</dt>
            <dd>{t(means)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
