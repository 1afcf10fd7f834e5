// The watch (值守): the queue of alerts, the one being worked on, where it goes, and what passes meanwhile.
import "../../styles/watch.css";
import "../../styles/alert.css";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { asProblem, type Problem } from "../../api/client";
import { useCheckpoints } from "../../api/checkpoints";
import type { Passage } from "../../api/types";
import { useKeys } from "../../base/keys";
import { useSpeech } from "../../base/language";
import { address, go } from "../../base/route";
import { useStore } from "../../base/store";
import { type Desk, ROWS, useDesk } from "../../live/desk";
import { move, type Pane, place } from "../../live/place";
import type { PageProps } from "../../pages";
import { Icon } from "../../parts/Icon";
import { PassageWindow } from "../../parts/PassageWindow";
import { Complaint, Empty, Failed, Loading } from "../../parts/States";
import { Kbd } from "../../parts/Text";
import { Ahead } from "./Ahead";
import { Detail } from "./Detail";
import { Figures } from "./Figures";
import { KeyHelp } from "./KeyHelp";
import { gapText, Passages } from "./Passages";
import { candidatesOf, usePlan, useUnits } from "./plan";
import { neighbour, Queue } from "./Queue";
import type { Presser } from "./StepBar";
import { ACTIONS } from "./steps";

const DIGITS = [..."123456789"];
const PANES: Pane[] = ["queue", "detail", "passages"];

export default function Watch({ desk }: PageProps) {
  const speech = useSpeech();
  const { t } = speech;
  const here = useStore(place);
  const version = useDesk(desk, "alerts");
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the desk changes within; its version tells
  const alerts = useMemo(() => desk.alerts({ open: here.open }), [desk, here.open, version]);
  const first = alerts[0]?.alert_id ?? null;
  useEffect(() => {
    if (here.selected === null && here.open && first !== null) move({ selected: first });
  }, [here.selected, here.open, first]);
  const alert = desk.alert(here.selected);
  const plan = usePlan(desk, alert);
  const units = useUnits();
  const places = useCheckpoints();
  const candidates = useMemo(() => candidatesOf(plan.plan, units, speech), [plan.plan, units, speech]);
  const steps = useRef<Presser>(null);
  const [enlarged, setEnlarged] = useState(false);
  const [help, setHelp] = useState(false);
  const [passage, setPassage] = useState<Passage | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const detail = useRef<HTMLElement>(null);
  const tabs = useRef<HTMLDivElement>(null);

  // At once: the next key must find this alert, and not the one before.
  const choose = useCallback((selected: string) => {
    const small = tabs.current !== null && getComputedStyle(tabs.current).display !== "none";
    flushSync(() => move(small ? { selected, pane: "detail" } : { selected }));
    detail.current?.scrollTo({ top: 0 });
  }, []);
  const walk = (by: number) => {
    const next = neighbour(alerts, here.selected, by);
    if (next === null) return;
    choose(next);
    document.querySelector(`.queue-item[data-alert="${next}"]`)?.scrollIntoView({ block: "nearest" });
  };
  useKeys({
    j: () => walk(1),
    k: () => walk(-1),
    o: () => setEnlarged(true),
    w: () => go("wall"),
    "?": () => setHelp(true),
    ...Object.fromEntries(ACTIONS.map(({ id, key }) => [key, () => steps.current?.press(id)])),
    ...Object.fromEntries(DIGITS.map((digit) => [digit, () => steps.current?.send(Number(digit) - 1)])),
  });
  const filter = (open: boolean) => {
    move({ open });
    setProblem(null);
    if (!open) desk.loadEnded().catch((error: unknown) => setProblem(asProblem(error)));
  };

  return (
    <div className="watch" data-pane={here.pane}>
      <Figures desk={desk} />
      <GapBar desk={desk} />
      <div className="tabs panes-tabs" ref={tabs}>
        {PANES.map((pane) => (
          <button
            key={pane}
            type="button"
            className="tab"
            data-pane-tab={pane}
            aria-pressed={pane === here.pane}
            onClick={() => move({ pane })}
          >
            {t(`pane.${pane}`)}
          </button>
        ))}
      </div>
      <div className="panes">
        <section className="pane pane-queue" aria-label={t("alerts.title")}>
          <header className="pane-head">
            <h1>{t("alerts.title")}</h1>
            <div className="tabs">
              {[true, false].map((open) => (
                <button
                  key={String(open)}
                  type="button"
                  className="tab"
                  data-filter={open ? "open" : "ended"}
                  aria-pressed={open === here.open}
                  onClick={() => filter(open)}
                >
                  {t(open ? "alerts.open" : "alerts.ended")}
                </button>
              ))}
            </div>
            <a
              className="button button-quiet button-icon"
              href={address("wall")}
              data-action="wall"
              aria-label={t("page.wall")}
              title={t("page.wall")}
            >
              <Icon name="screen" />
            </a>
            <button
              className="button button-quiet"
              type="button"
              data-action="keys"
              aria-label={t("keys.title")}
              onClick={() => setHelp(true)}
            >
              <Kbd>?</Kbd>
            </button>
          </header>
          {problem && <Complaint problem={problem} />}
          <QueueState desk={desk} open={here.open} some={alerts.length > 0} />
          <Queue
            alerts={alerts}
            selected={alert?.alert_id ?? null}
            rules={desk.escalation}
            desk={desk}
            choose={choose}
          />
          {here.open && alerts.length >= ROWS && <More desk={desk} />}
        </section>
        <section className="pane pane-detail" aria-label={t("pane.detail")} ref={detail}>
          <h2 className="visually-hidden">{t("pane.detail")}</h2>
          {alert ? (
            <Detail
              alert={alert}
              candidates={candidates}
              units={units}
              rules={desk.escalation}
              enlarged={enlarged}
              enlarge={setEnlarged}
              taken={(after) => desk.putAlert(after)}
              steps={steps}
            />
          ) : (
            <Empty what="alerts.choose" />
          )}
        </section>
        <div className="pane-side-stack">
          <Ahead alert={alert} plan={plan} places={places} units={units} />
          <PassagesPane desk={desk} open={setPassage} />
        </div>
      </div>
      {help && <KeyHelp close={() => setHelp(false)} />}
      {passage && <PassageWindow passage={passage} close={() => setPassage(null)} />}
    </div>
  );
}

function QueueState({ desk, open, some }: { desk: Desk; open: boolean; some: boolean }) {
  const problem = desk.problems.alerts;
  if (problem) return <Failed problem={problem} again={() => void desk.load()} />;
  if (some) return null;
  return desk.loaded.alerts ? <Empty what={open ? "alerts.none" : "alerts.none_ended"} /> : <Loading />;
}

/** Only so many rows are drawn; how many more there are, the statistics know. */
function More({ desk }: { desk: Desk }) {
  const { t, number } = useSpeech();
  useDesk(desk, "statistics");
  const values = { shown: number(ROWS), total: number(desk.statistics?.open_alerts) };
  return <p className="queue-more muted">{t("alerts.more", values)}</p>;
}

function PassagesPane({ desk, open }: { desk: Desk; open: (passage: Passage) => void }) {
  const { t } = useSpeech();
  useDesk(desk, "passages");
  const passages = desk.passages();
  const problem = desk.problems.passages;
  return (
    <section className="pane pane-passages" aria-label={t("passages.title")}>
      <header className="pane-head">
        <h2>{t("passages.title")}</h2>
        <span className="muted">{t("passages.note")}</span>
      </header>
      {problem ? (
        <Failed problem={problem} again={() => void desk.load()} />
      ) : !passages.length ? (
        desk.loaded.passages ? (
          <Empty what="passages.none" />
        ) : (
          <Loading />
        )
      ) : null}
      {(passages.length > 0 || desk.gaps.length > 0) && (
        <Passages passages={passages} gaps={desk.gaps} open={open} />
      )}
    </section>
  );
}

function GapBar({ desk }: { desk: Desk }) {
  const speech = useSpeech();
  const { t } = speech;
  const { seenGaps } = useStore(place);
  useDesk(desk, "link");
  const [newest] = desk.gaps;
  if (desk.link.state === "lost") {
    return (
      <p className="gap-bar gap-bar-lost" role="alert">
        {t("gap.now")}
      </p>
    );
  }
  if (!newest || desk.gaps.length <= seenGaps) return null;
  return (
    <p className={`gap-bar ${newest.gap ? "gap-bar-lost" : "gap-bar-caught-up"}`} role="status">
      {gapText(newest, speech)}
      <button
        className="button button-quiet"
        type="button"
        onClick={() => move({ seenGaps: desk.gaps.length })}
      >
        {t("gap.seen")}
      </button>
    </p>
  );
}
