// The big screen (大屏): for a room of people of mixed rank who read it from five metres. Where the alerts are, how many,
// which are urgent, how the day goes. No reason, case, name, note or picture: whoever works on an alert has a desk.
import "../../styles/wall.css";
import "../../styles/plate.css";
import { useEffect, useMemo, useState } from "react";
import { answer, api } from "../../api/client";
import { useCheckpoints } from "../../api/checkpoints";
import { useLoaded } from "../../api/load";
import type { Alert } from "../../api/types";
import { useKeys } from "../../base/keys";
import { useSpeech } from "../../base/language";
import { go } from "../../base/route";
import { useNow } from "../../base/tick";
import { clockText, dateText, zone } from "../../base/time";
import { type Desk, useDesk } from "../../live/desk";
import type { PageProps } from "../../pages";
import { LazyMap } from "../../parts/LazyMap";
import { Kbd } from "../../parts/Text";
import { useUnits } from "../watch/plan";
import { Rows } from "./Rows";
import { standing, WAITING } from "../../parts/standing";

const SHOWN = 7;
const FLEET_EVERY_MS = 15_000;

export default function Wall({ desk }: PageProps) {
  const { t } = useSpeech();
  const version = useDesk(desk, "alerts");
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the desk changes within; its version tells
  const alerts = useMemo(() => desk.alerts({ open: true }), [desk, version]);
  const [plates, setPlates] = useState(true);
  const places = useCheckpoints();
  const units = useUnits();
  const spots = useMemo(() => standing(alerts), [alerts]);
  const leave = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    go("watch");
  };
  useAwake();
  useKeys({ f: flipFullScreen, p: () => setPlates((on) => !on), w: leave, escape: leave });
  return (
    <div className="wall">
      <header className="wall-head">
        <h1>{t("wall.title")}</h1>
        <Link desk={desk} />
        <Clock />
        <div className="wall-buttons">
          <button className="button" type="button" data-wall="full" onClick={flipFullScreen}>
            {t("wall.full")} <Kbd>F</Kbd>
          </button>
          <button
            className="button"
            type="button"
            data-wall="plates"
            aria-pressed={!plates}
            onClick={() => setPlates((on) => !on)}
          >
            {t("wall.plates")} <Kbd>P</Kbd>
          </button>
          <button className="button" type="button" data-wall="leave" onClick={leave}>
            {t("wall.leave")} <Kbd>W</Kbd>
          </button>
        </div>
      </header>
      <Figures desk={desk} alerts={alerts} />
      <section className="wall-map" aria-label={t("map.title")}>
        <LazyMap places={places} units={units} alerts={spots} />
      </section>
      <section className="wall-queue" aria-label={t("alerts.title")}>
        <Rows alerts={alerts.slice(0, SHOWN)} plates={plates} rules={desk.escalation} />
        {!alerts.length && <p className="wall-quiet">{t("alerts.none")}</p>}
        {alerts.length > SHOWN && <More desk={desk} shown={SHOWN} />}
      </section>
    </div>
  );
}

function flipFullScreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen();
}

function More({ desk, shown }: { desk: Desk; shown: number }) {
  const { t, number } = useSpeech();
  useDesk(desk, "statistics");
  const rest = Math.max(0, (desk.statistics?.open_alerts ?? 0) - shown);
  return rest > 0 ? <p className="wall-more">{t("wall.more", { n: number(rest) })}</p> : null;
}

function Link({ desk }: { desk: Desk }) {
  const { t } = useSpeech();
  useDesk(desk, "link");
  const { state } = desk.link;
  return (
    <span className="link wall-link" role="status" data-state={state}>
      <span className="link-dot" aria-hidden="true" />
      {t(`link.${state}`)}
    </span>
  );
}

function Clock() {
  const now = new Date(useNow());
  return (
    <time className="wall-clock" translate="no">
      {dateText(now)} <strong>{clockText(now)}</strong> {zone(now)}
    </time>
  );
}

function Figures({ desk, alerts }: { desk: Desk; alerts: Alert[] }) {
  const { t, number } = useSpeech();
  useDesk(desk, "statistics");
  const { data } = useLoaded("fleet", () => answer(api.GET("/api/nodes")), FLEET_EVERY_MS);
  const { statistics } = desk;
  const urgent = alerts.filter(({ priority, state }) => priority === 1 && WAITING.has(state)).length;
  const signOff = statistics?.sign_off_seconds_p50;
  const alive =
    data && `${number(data.nodes.filter((node) => node.alive).length)}/${number(data.nodes.length)}`;
  const figures: [string, string, string, string?][] = [
    ["open", t("statistics.open_alerts"), number(statistics?.open_alerts)],
    ["urgent", t("wall.urgent"), number(desk.loaded.alerts ? urgent : null), urgent ? "bad" : "good"],
    ["alerts", t("statistics.alerts_today"), number(statistics?.alerts_today)],
    ["passages", t("statistics.passages_today"), number(statistics?.passages_today)],
    [
      "sign_off",
      t("statistics.sign_off_seconds_p50"),
      typeof signOff === "number"
        ? t("seconds.n", { n: number(signOff, { maximumFractionDigits: 0 }) })
        : t("none"),
    ],
    ["fleet", t("nodes.online"), alive ?? t("none")],
  ];
  return (
    <dl className="wall-figures">
      {figures.map(([name, label, value, tone]) => (
        <div key={name} className={`wall-figure wall-figure-${tone ?? "plain"}`}>
          <dt>{label}</dt>
          <dd data-wall-figure={name}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A wall must not dim. */
function useAwake(): void {
  useEffect(() => {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- not without HTTPS
    const lock = navigator.wakeLock?.request("screen").catch(() => null);
    return () => {
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- not without HTTPS
      void lock?.then((held) => held?.release());
    };
  }, []);
}
