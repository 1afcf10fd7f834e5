// The latest passages, newest first, with a mark where the live link was broken.
// A stop of the Tab key for the whole table, as the queue has: the arrow keys go on from there.
import { type FocusEvent, type KeyboardEvent, memo, useState } from "react";
import type { Passage } from "../../api/types";
import { type Speech, useSpeech } from "../../base/language";
import { clockText, zone } from "../../base/time";
import type { Gap } from "../../live/link";
import { PlateCrop } from "../../parts/Evidence";
import { PlateChip } from "../../parts/Plate";
import { Data, Lane, Term, Time } from "../../parts/Text";

interface PassagesProps {
  passages: readonly Passage[];
  gaps: Gap[];
  open: (passage: Passage) => void;
}

export function Passages({ passages, gaps, open }: PassagesProps) {
  const speech = useSpeech();
  const { t } = speech;
  const [left, setLeft] = useState<string | null>(null); // the row where the focus was last
  const stop = passages.some(({ passage_id }) => passage_id === left) ? left : passages[0]?.passage_id;
  const remember = (event: FocusEvent) => {
    setLeft(event.target.closest<HTMLElement>("[data-passage]")?.dataset.passage ?? null);
  };
  return (
    <table className="table passages">
      <caption className="visually-hidden">{t("passages.title")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("field.time", { zone: zone() })}</th>
          <th scope="col">{t("field.plate")}</th>
          <th scope="col">{t("field.picture")}</th>
          <th scope="col">{t("field.checkpoint")}</th>
        </tr>
      </thead>
      <tbody onFocus={remember} onKeyDown={walk}>
        {withGaps(passages, gaps).map((entry) =>
          "lostAt" in entry ? (
            <tr key={entry.resumedAt.getTime()} className={`gap ${entry.gap ? "gap-lost" : "gap-caught-up"}`}>
              <td colSpan={4}>{gapText(entry, speech)}</td>
            </tr>
          ) : (
            <Row key={entry.passage_id} passage={entry} reachable={entry.passage_id === stop} open={open} />
          ),
        )}
      </tbody>
    </table>
  );
}

/** The arrow keys go from row to row, Home and End to the first and last. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-passage] button")];
  const at = rows.findIndex((row) => row === document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  rows[next]?.focus();
}

/** Each gap stands above the first passage that was captured before the link was lost. */
export function withGaps(passages: readonly Passage[], gaps: readonly Gap[]): (Passage | Gap)[] {
  const rest = [...gaps];
  const entries: (Passage | Gap)[] = [];
  for (const passage of passages) {
    for (let gap = rest[0]; gap && Date.parse(passage.captured_at) < gap.lostAt.getTime(); gap = rest[0]) {
      entries.push(gap);
      rest.shift();
    }
    entries.push(passage);
  }
  return [...entries, ...rest];
}

/** What happened to the link, in words. */
export function gapText({ lostAt, resumedAt, missed, gap }: Gap, { t }: Speech): string {
  const values = { from: clockText(lostAt), to: clockText(resumedAt), zone: zone(resumedAt), n: missed };
  return t(gap ? "gap.lost" : "gap.caught_up", values);
}

interface RowProps {
  passage: Passage;
  reachable: boolean;
  open: (passage: Passage) => void;
}

const Row = memo(function Row({ passage, reachable, open }: RowProps) {
  const { t, percent } = useSpeech();
  const { plate } = passage;
  return (
    <tr data-passage={passage.passage_id}>
      <td className="numbers">
        <Time iso={passage.captured_at} date={false} labelled={false} />
        <br />
        <span className="muted">
          {plate ? percent(plate.confidence, 1) : <Term group="unread" code={passage.unread_reason} />}
        </span>
      </td>
      <td>
        <button
          className={plate ? "plain" : "plain tag"}
          type="button"
          tabIndex={reachable ? 0 : -1}
          title={t("passage.open")}
          onClick={() => open(passage)}
        >
          {plate ? <PlateChip plate={plate} /> : t("plate.unread")}
        </button>
      </td>
      <td className="crop">
        <PlateCrop passage={passage} />
      </td>
      <td>
        <Data>{passage.checkpoint.name}</Data>
        <br />
        <Lane {...passage} className="muted" />
      </td>
    </tr>
  );
});
