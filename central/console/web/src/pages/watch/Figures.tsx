// The day in figures. A figure that could not be fetched is shown as unknown, never as nought.
import { useSpeech } from "../../base/language";
import { type Desk, useDesk } from "../../live/desk";

const FIGURES = [
  "open_alerts",
  "passages_today",
  "unread_today",
  "alerts_today",
  "false_alerts_today",
] as const;

export function Figures({ desk }: { desk: Desk }) {
  const { t, number } = useSpeech();
  useDesk(desk, "statistics");
  const { statistics, problems } = desk;
  const signOff = statistics?.sign_off_seconds_p50;
  return (
    <dl className={`statistics ${problems.statistics ? "stale" : ""}`}>
      {FIGURES.map((name) => (
        <div key={name} className={`figure figure-${name}`}>
          <dt>{t(`statistics.${name}`)}</dt>
          <dd data-figure={name}>{number(statistics?.[name])}</dd>
        </div>
      ))}
      <div className="figure">
        <dt>{t("statistics.sign_off_seconds_p50")}</dt>
        <dd data-figure="sign_off_seconds_p50">
          {typeof signOff === "number"
            ? t("seconds.n", { n: number(signOff, { maximumFractionDigits: 1 }) })
            : t("none")}
        </dd>
      </div>
    </dl>
  );
}
