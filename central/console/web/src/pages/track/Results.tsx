// A track as a map that replays, as a timeline, and as a table: three views of the same passages.
import { Segmented } from "antd";
import { useEffect, useMemo, useState } from "react";
import type { Checkpoint, Passage } from "../../api/types";
import { useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import { PlateCrop } from "../../parts/Evidence";
import { Icon } from "../../parts/Icon";
import { LazyMap } from "../../parts/LazyMap";
import { PassageWindow } from "../../parts/PassageWindow";
import { PlateChip } from "../../parts/Plate";
import { TableHead } from "../../parts/TableHead";
import { Data, Lane, Time } from "../../parts/Text";
import { Timeline } from "./Timeline";

const STEP_MS = 900;

type View = "map" | "timeline";

interface ResultsProps {
  /** In the order of time; at least one. */
  passages: Passage[];
  places: Checkpoint[];
}

export function Results({ passages, places }: ResultsProps) {
  const { t } = useSpeech();
  const [open, setOpen] = useState<Passage | null>(null);
  const [shown, setShown] = useState(passages.length);
  const [playing, setPlaying] = useState(false);
  const [pictures, setPictures] = useState<View>("map");
  const visits = useMemo(
    () => passages.map((p) => ({ checkpoint_id: p.checkpoint.checkpoint_id, at: p.captured_at })),
    [passages],
  );
  const [before, setBefore] = useState(passages);
  if (before !== passages) {
    setBefore(passages);
    setShown(passages.length);
    setPlaying(false);
  }
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => setShown((n) => Math.min(passages.length, n + 1)), STEP_MS);
    return () => clearInterval(timer);
  }, [playing, passages.length]);
  const ended = shown >= passages.length;
  if (playing && ended) setPlaying(false);
  const now = passages[shown - 1];
  return (
    <>
      <Segmented<View>
        className="track-views"
        aria-label={t("track.views")}
        value={pictures}
        onChange={setPictures}
        options={[
          { value: "map", label: t("track.view.map") },
          { value: "timeline", label: t("track.view.timeline") },
        ]}
      />
      {pictures === "map" ? (
        <LazyMap places={places} visits={visits} upTo={shown} />
      ) : (
        <Timeline passages={passages} upTo={shown} />
      )}
      <div className="replay">
        <button
          className="button button-icon"
          type="button"
          data-action="play"
          aria-label={t(playing ? "track.pause" : "track.play")}
          title={t(playing ? "track.pause" : "track.play")}
          onClick={() => {
            if (!playing && ended) setShown(1);
            setPlaying(!playing);
          }}
        >
          <Icon name={playing ? "pause" : "play"} />
        </button>
        <input
          className="replay-slider"
          type="range"
          min={1}
          max={passages.length}
          value={shown}
          aria-label={t("track.position")}
          title={t("track.hint")}
          onChange={({ target }) => {
            setPlaying(false);
            setShown(Number(target.value));
          }}
        />
        <span className="replay-at">
          {t("track.step", { n: shown, total: passages.length })}
          {now && (
            <>
              {" · "}
              <Time iso={now.captured_at} /> · <Data>{now.checkpoint.name}</Data>
            </>
          )}
        </span>
      </div>
      <Table passages={passages} current={shown} choose={setShown} open={setOpen} />
      {open && <PassageWindow passage={open} close={() => setOpen(null)} />}
    </>
  );
}

interface TableProps {
  passages: Passage[];
  current: number;
  choose: (number: number) => void;
  open: (passage: Passage) => void;
}

function Table({ passages, current, choose, open }: TableProps) {
  const { t, number, percent } = useSpeech();
  const head = [
    t("field.number"),
    t("field.time", { zone: zone() }),
    t("field.place"),
    t("field.plate"),
    t("field.picture"),
    t("field.confidence"),
    t("field.evidence"),
  ];
  return (
    <div className="scroll">
      <table className="table track-table">
        <caption className="visually-hidden">{t("page.track")}</caption>
        <TableHead texts={head} />
        <tbody>
          {passages.map((passage, at) => (
            <tr
              key={passage.passage_id}
              data-passage={passage.passage_id}
              aria-current={at + 1 === current}
              onClick={() => choose(at + 1)}
            >
              <td className="numbers">{number(at + 1)}</td>
              <td className="numbers">
                <Time iso={passage.captured_at} labelled={false} />
              </td>
              <td>
                <Data>{passage.checkpoint.name}</Data>
                <br />
                <Lane {...passage} className="muted" />
              </td>
              <td>{passage.plate && <PlateChip plate={passage.plate} />}</td>
              <td className="crop">
                <PlateCrop passage={passage} />
              </td>
              <td className="numbers">{passage.plate && percent(passage.plate.confidence, 1)}</td>
              <td>
                <button className="button" type="button" onClick={() => open(passage)}>
                  {t("passage.open")}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
