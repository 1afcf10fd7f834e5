// What was found: of one vehicle a map that replays, a timeline and its legs; of any the table of passages.
import { Segmented } from "antd";
import { memo, useEffect, useMemo, useState } from "react";
import type { Checkpoint, Passage } from "../../api/types";
import { useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import { PlateCrop } from "../../parts/Evidence";
import { Icon } from "../../parts/Icon";
import { LazyMap } from "../../parts/LazyMap";
import { PassageWindow } from "../../parts/PassageWindow";
import { PlateChip } from "../../parts/Plate";
import { TableHead } from "../../parts/TableHead";
import { Data, Lane, Term, Time } from "../../parts/Text";
import { Legs } from "./Legs";
import type { Wanted } from "./question";
import { Timeline } from "./Timeline";

const STEP_MS = 900;
const SPEEDS = [1, 2, 4, 8] as const;
type Speed = (typeof SPEEDS)[number];
type View = "map" | "timeline" | "legs";

interface ResultsProps {
  /** In the order of time; at least one. */
  passages: Passage[];
  places: Checkpoint[];
  /** The one whose passages these are; null: of several, which have no way. */
  vehicle: string | null;
  asked: Wanted;
  /** Search for a plate of the table; null: there is only the one. */
  follow: ((plate: string) => void) | null;
}

export function Results({ passages, places, vehicle, asked, follow }: ResultsProps) {
  const [open, setOpen] = useState<Passage | null>(null);
  const [shown, setShown] = useState(passages.length);
  const [before, setBefore] = useState(passages);
  if (before !== passages) {
    setBefore(passages);
    setShown(passages.length);
  }
  return (
    <>
      {vehicle !== null && (
        <Way passages={passages} places={places} plate={vehicle} asked={asked} shown={shown} show={setShown} />
      )}
      <Table
        passages={passages}
        current={vehicle === null ? null : shown}
        choose={setShown}
        open={setOpen}
        follow={follow}
      />
      {open && <PassageWindow passage={open} close={() => setOpen(null)} />}
    </>
  );
}

interface WayProps {
  passages: Passage[];
  places: Checkpoint[];
  plate: string;
  asked: Wanted;
  shown: number;
  show: (change: number | ((before: number) => number)) => void;
}

function Way({ passages, places, plate, asked, shown, show }: WayProps) {
  const { t } = useSpeech();
  const [view, setView] = useState<View>("map");
  const visits = useMemo(
    () => passages.map((p) => ({ checkpoint_id: p.checkpoint.checkpoint_id, at: p.captured_at })),
    [passages],
  );
  return (
    <>
      <Segmented<View>
        className="track-views"
        aria-label={t("track.views")}
        value={view}
        onChange={setView}
        options={[
          { value: "map", label: t("track.view.map") },
          { value: "timeline", label: t("track.view.timeline") },
          { value: "legs", label: t("track.view.legs") },
        ]}
      />
      {view === "legs" ? (
        <Legs plate={plate} asked={asked} />
      ) : (
        <>
          {view === "map" ? (
            <LazyMap places={places} visits={visits} upTo={shown} />
          ) : (
            <Timeline passages={passages} upTo={shown} />
          )}
          <Replay passages={passages} shown={shown} show={show} />
        </>
      )}
    </>
  );
}

interface ReplayProps {
  passages: Passage[];
  shown: number;
  show: (change: number | ((before: number) => number)) => void;
}

function Replay({ passages, shown, show }: ReplayProps) {
  const { t } = useSpeech();
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<Speed>(1);
  const total = passages.length;
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => show((n) => Math.min(total, n + 1)), STEP_MS / speed);
    return () => clearInterval(timer);
  }, [playing, speed, total, show]);
  const ended = shown >= total;
  if (playing && ended) setPlaying(false);
  const now = passages[shown - 1];
  return (
    <div className="replay">
      <button
        className="button button-icon"
        type="button"
        data-action="play"
        aria-label={t(playing ? "track.pause" : "track.play")}
        title={t(playing ? "track.pause" : "track.play")}
        onClick={() => {
          if (!playing && ended) show(1);
          setPlaying(!playing);
        }}
      >
        <Icon name={playing ? "pause" : "play"} />
      </button>
      <input
        className="replay-slider"
        type="range"
        min={1}
        max={total}
        value={shown}
        aria-label={t("track.position")}
        aria-valuetext={t("track.step", { n: shown, total })}
        title={t("track.hint")}
        onChange={({ target }) => {
          setPlaying(false);
          show(Number(target.value));
        }}
      />
      <div className="tabs" role="group" aria-label={t("track.speed")}>
        {SPEEDS.map((each) => (
          <button
            key={each}
            className="tab"
            type="button"
            data-speed={each}
            aria-pressed={each === speed}
            onClick={() => setSpeed(each)}
          >
            {t("track.speed.n", { n: each })}
          </button>
        ))}
      </div>
      <span className="replay-at">
        {t("track.step", { n: shown, total })}
        {now && (
          <>
            {" · "}
            <Time iso={now.captured_at} /> · <Data>{now.checkpoint.name}</Data>
          </>
        )}
      </span>
    </div>
  );
}

interface TableProps {
  passages: Passage[];
  /** Where the replay stands; null: there is none, and the newest come first. */
  current: number | null;
  choose: (number: number) => void;
  open: (passage: Passage) => void;
  follow: ((plate: string) => void) | null;
}

function Table({ passages, current, choose, open, follow }: TableProps) {
  const { t } = useSpeech();
  const head = [
    t("field.number"),
    t("field.time", { zone: zone() }),
    t("field.place"),
    t("field.plate"),
    t("field.picture"),
    t("field.confidence"),
    t("field.evidence"),
  ];
  const numbered = passages.map((passage, at) => ({ passage, at }));
  if (current === null) numbered.reverse();
  return (
    <div className="scroll">
      <table className="table track-table">
        <caption className="visually-hidden">{t("page.track")}</caption>
        <TableHead texts={head} />
        <tbody>
          {numbered.map(({ passage, at }, row) => (
            <Row
              key={passage.passage_id}
              passage={passage}
              number={current === null ? row + 1 : at + 1}
              at={at + 1}
              current={at + 1 === current}
              choose={choose}
              open={open}
              follow={follow}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps extends Pick<TableProps, "choose" | "open" | "follow"> {
  passage: Passage;
  number: number;
  /** Which one it is in the order of time, from 1. */
  at: number;
  current: boolean;
}

/** Drawn again only where it changed: a replay moves one mark through hundreds of them. */
const Row = memo(function Row({ passage, number, at, current, choose, open, follow }: RowProps) {
  const { t, number: written, percent } = useSpeech();
  return (
    <tr data-passage={passage.passage_id} aria-current={current} onClick={() => choose(at)}>
      <td className="numbers">{written(number)}</td>
      <td className="numbers">
        <Time iso={passage.captured_at} labelled={false} />
      </td>
      <td>
        <Data>{passage.checkpoint.name}</Data>
        <br />
        <Lane {...passage} className="muted" />
      </td>
      <td>
        <PlateCell passage={passage} follow={follow} />
      </td>
      <td className="crop">
        <PlateCrop passage={passage} />
      </td>
      <td className="numbers">{passage.plate && percent(passage.plate.confidence, 1)}</td>
      <td>
        <button className="button button-small" type="button" onClick={() => open(passage)}>
          {t("passage.open")}
        </button>
      </td>
    </tr>
  );
});

function PlateCell({ passage, follow }: { passage: Passage; follow: ((plate: string) => void) | null }) {
  const { t } = useSpeech();
  const { plate } = passage;
  if (!plate) {
    return (
      <>
        <span className="tag">{t("plate.unread")}</span>{" "}
        <span className="muted">
          <Term group="unread" code={passage.unread_reason} />
        </span>
      </>
    );
  }
  if (!follow) return <PlateChip plate={plate} />;
  return (
    <button
      className="plain"
      type="button"
      aria-label={t("search.follow.of", { plate: plate.display })}
      title={t("search.follow.hint")}
      onClick={(event) => {
        event.stopPropagation();
        follow(plate.text);
      }}
    >
      <PlateChip plate={plate} />
    </button>
  );
}
