// A vehicle's track (轨迹): asked for with a reason and a case number, and written down before it is answered.
import "../../styles/pages.css";
import { type ChangeEvent, type SubmitEvent, useEffect, useMemo, useRef, useState } from "react";
import { useCheckpoints } from "../../api/checkpoints";
import { answer, api, asProblem, type Problem } from "../../api/client";
import type { Passage, Track as Found } from "../../api/types";
import { useSpeech } from "../../base/language";
import { clockText, dateText, zone } from "../../base/time";
import { AntFrame } from "../../parts/AntFrame";
import { draftOf, keepDraft } from "../../parts/drafts";
import { Field, fieldProps, Refusal, useFocusOnRefusal } from "../../parts/Field";
import Moment from "../../parts/Moment";
import { PlateChip } from "../../parts/Plate";
import { Empty } from "../../parts/States";
import { Data } from "../../parts/Text";
import { Results } from "./Results";

const NAME = "track";
const PAGE = 200;
const DAY_MS = 86_400_000;
const FIELDS = ["plate", "since", "until", "reason", "case_number"];

interface Question {
  plate: string;
  since: string | null;
  until: string | null;
  reason: string;
  case_number: string;
}

function blank(): Question {
  const now = Date.now();
  return {
    plate: "",
    since: new Date(now - DAY_MS).toISOString(),
    until: new Date(now + 60_000).toISOString(),
    reason: "",
    case_number: "",
  };
}

interface Answered {
  asked: Question;
  newest: Found; // the page asked for last
  passages: Passage[]; // what was fetched so far, newest first
}

export default function Track() {
  const { t, number } = useSpeech();
  const places = useCheckpoints();
  const [typed, setTyped] = useState<Question>(() => draftOf<Question>(NAME) ?? blank());
  const [found, setFound] = useState<Answered | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useFocusOnRefusal(form, problem);
  useEffect(() => keepDraft(NAME, typed), [typed]);
  const inOrder = useMemo(() => [...(found?.passages ?? [])].reverse(), [found]);

  const ask = async (asked: Question, cursor: string | null, before: Passage[]) => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const body = { ...asked, since: asked.since ?? "", until: asked.until ?? "", limit: PAGE, cursor };
      const newest = await answer(api.POST("/api/tracks", { body }));
      setFound({ asked, newest, passages: [...before, ...newest.passages] });
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void ask(typed, null, []);
  };
  const text = (name: "plate" | "reason" | "case_number", max = 200) => ({
    ...fieldProps(name, problem),
    type: "text",
    required: true,
    maxLength: max,
    value: typed[name],
    onChange: ({ target }: ChangeEvent<HTMLInputElement>) => setTyped((q) => ({ ...q, [name]: target.value })),
  });
  const moment = (name: "since" | "until") => (
    <Field name={name} required hint={t("zone.hint", { zone: zone() })} problem={problem}>
      <Moment
        name={name}
        required
        value={typed[name]}
        change={(iso) => setTyped((q) => ({ ...q, [name]: iso }))}
      />
    </Field>
  );
  return (
    <AntFrame>
      <div className="track">
        <form ref={form} className="form track-form" onSubmit={submit}>
          <h1>{t("page.track")}</h1>
          <p className="notice">{t("track.notice")}</p>
          <div className="fields">
            <Field name="plate" required problem={problem}>
              <input {...text("plate", 20)} spellCheck={false} />
            </Field>
            {moment("since")}
            {moment("until")}
            <Field name="reason" required problem={problem}>
              <input {...text("reason")} />
            </Field>
            <Field name="case_number" required problem={problem}>
              <input {...text("case_number", 128)} />
            </Field>
          </div>
          <Refusal problem={problem} fields={FIELDS} />
          <div className="row">
            <button className="button button-main" type="submit" aria-disabled={busy}>
              {t("track.search")}
            </button>
          </div>
        </form>
        <div className="track-results" aria-live="polite" aria-busy={busy}>
          {!found ? (
            <Empty what="track.nothing_asked" />
          ) : (
            <>
              <header className="track-head">
                <PlateChip
                  plate={{ ...found.newest.plate, colour: found.passages[0]?.plate?.colour ?? "unknown" }}
                  size="large"
                />
                <p>
                  {t("track.found", { n: number(found.newest.total), shown: number(found.passages.length) })}
                </p>
                <p className="muted">
                  {t("track.audited")} <Data className="code">{found.newest.audit_id}</Data>
                </p>
              </header>
              {found.newest.clipped_since && (
                <p className="notice">{t("track.clipped", { time: whole(found.newest.clipped_since) })}</p>
              )}
              {inOrder.length ? <Results passages={inOrder} places={places} /> : <Empty what="track.none" />}
              {found.newest.next && (
                <button
                  className="button"
                  type="button"
                  aria-disabled={busy}
                  onClick={() => void ask(found.asked, found.newest.next, found.passages)}
                >
                  {t("track.more")}
                </button>
              )}
            </>
          )}
        </div>
      </div>
    </AntFrame>
  );
}

function whole(iso: string): string {
  const moment = new Date(iso);
  return `${dateText(moment)} ${clockText(moment)} ${zone(moment)}`;
}
