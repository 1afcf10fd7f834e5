// One analysis: what it takes, asked at once or as a job, and what it found.
import { type SubmitEvent, useRef, useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import type { Analysis, AnalysisKind, Checkpoint } from "../../api/types";
import { useSpeech } from "../../base/language";
import { go } from "../../base/route";
import { zone } from "../../base/time";
import { draftOf, keepDraft } from "../../parts/drafts";
import { Field, Refusal, useFocusOnRefusal } from "../../parts/Field";
import { type AnalysisHandover, handOver } from "../../parts/handover";
import Moment from "../../parts/Moment";
import { type Purpose, PURPOSE_FIELDS, PurposeFields, usePurpose } from "../../parts/Purpose";
import { SaveToCase } from "../../parts/SaveToCase";
import { Empty } from "../../parts/States";
import { Data } from "../../parts/Text";
import { Findings } from "./Findings";
import { fieldsOf, type Wishes, wishesFor, written } from "./wishes";
import { WishFields } from "./WishFields";

const DAY_MS = 86_400_000;
const FIELDS = ["since", "until", ...PURPOSE_FIELDS];

interface Span {
  since: string | null;
  until: string | null;
}

interface Asked {
  kind: string;
  wishes: Record<string, unknown>;
  since: string;
  until: string;
}

interface AnalysisFormProps {
  kind: AnalysisKind;
  places: Checkpoint[];
  /** What was asked once and is to be asked again. */
  handed: AnalysisHandover | null;
  /** A job was begun. */
  started: () => void;
}

export function AnalysisForm({ kind, places, handed, started }: AnalysisFormProps) {
  const { t, word, number } = useSpeech();
  const fields = fieldsOf(kind);
  const draft = `analysis.${kind.kind}`;
  const [purpose, setPurpose] = usePurpose(handed?.purpose ?? null);
  const [wishes, setWishes] = useState<Wishes>(() =>
    handed
      ? wishesFor(fields, (handed.asked.wishes ?? {}) as Record<string, unknown>)
      : (draftOf<Wishes>(draft) ?? wishesFor(fields)),
  );
  const [span, setSpan] = useState<Span>(() => spanOf(handed) ?? draftOf<Span>("analysis.span") ?? week(kind));
  const [found, setFound] = useState<{ asked: Asked; purpose: Purpose; answer: Analysis } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useFocusOnRefusal(form, problem);
  const put = (next: Wishes) => {
    setWishes(next);
    keepDraft(draft, next);
  };
  const during = (next: Partial<Span>) => {
    const both = { ...span, ...next };
    setSpan(both);
    keepDraft("analysis.span", both);
  };
  const ask = async (how: "now" | "job") => {
    if (busy || !form.current?.reportValidity()) return;
    setBusy(true);
    setProblem(null);
    const asked: Asked = {
      kind: kind.kind,
      wishes: written(fields, wishes),
      since: span.since ?? "",
      until: span.until ?? "",
    };
    const { kind: name, ...question } = asked;
    const body = { ...question, ...purpose };
    try {
      if (how === "job") {
        const job = await answer(api.POST("/api/jobs", { body: { kind: name, ...body } }));
        started();
        go("analyses", job.job_id);
        return;
      }
      const params = { path: { kind: name } };
      setFound({ asked, purpose, answer: await answer(api.POST("/api/analyses/{kind}", { params, body })) });
    } catch (error) {
      setFound(null);
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  const moment = (name: "since" | "until") => (
    <Field name={name} required hint={t("zone.hint", { zone: zone() })} problem={problem}>
      <Moment name={name} required value={span[name]} change={(iso) => during({ [name]: iso })} />
    </Field>
  );
  return (
    <>
      <form
        ref={form}
        className="form analysis-form"
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          void ask("now");
        }}
      >
        <header>
          <h2>{word("kind", kind.kind) ?? kind.kind}</h2>
          <p className="muted">{word("kind", `${kind.kind}.hint`) ?? kind.question}</p>
        </header>
        <div className="fields fields-three">
          <WishFields kind={kind.kind} fields={fields} wishes={wishes} change={put} places={places} />
        </div>
        <div className="fields">
          {moment("since")}
          {moment("until")}
          <PurposeFields purpose={purpose} change={setPurpose} problem={problem} />
        </div>
        <Refusal problem={problem} fields={FIELDS} />
        <div className="row">
          <button className="button button-main" type="submit" data-action="run" aria-disabled={busy}>
            {t(busy ? "analysis.running" : "analysis.run")}
          </button>
          <button
            className="button"
            type="button"
            data-action="run-job"
            aria-disabled={busy}
            title={t("analysis.run_job.hint")}
            onClick={() => void ask("job")}
          >
            {t("analysis.run_job")}
          </button>
          <span className="hint">
            {t("analysis.limits", {
              days: number(kind.longest_days, { maximumFractionDigits: 1 }),
              rows: number(kind.most_findings),
            })}
          </span>
        </div>
      </form>
      <div aria-live="polite" aria-busy={busy} className="analysis-results">
        {found && (
          <>
            <header className="track-head">
              <div className="track-count">
                <strong>{t("analysis.found", { n: number(found.answer.findings.length) })}</strong>
                <span className="muted">
                  {t("track.audited")} <Data className="code">{found.answer.audit_id}</Data>
                </span>
              </div>
              <SaveToCase
                kind="analysis"
                purpose={found.purpose}
                asked={{ ...found.asked }}
                name={word("kind", kind.kind) ?? kind.kind}
              />
            </header>
            {found.answer.clipped_since && <p className="notice">{t("analysis.clipped")}</p>}
            {found.answer.findings.length ? (
              <Findings
                kind={kind}
                name={kind.kind}
                findings={found.answer.findings}
                places={places}
                follow={(plate) =>
                  handOver({
                    page: "track",
                    purpose: found.purpose,
                    asked: { plate, how: "exact", since: found.asked.since, until: found.asked.until },
                    now: true,
                  })
                }
              />
            ) : (
              <Empty what="analysis.none" />
            )}
          </>
        )}
      </div>
    </>
  );
}

function week(kind: AnalysisKind): Span {
  const now = Date.now();
  const days = Math.min(7, kind.longest_days);
  return { since: new Date(now - days * DAY_MS).toISOString(), until: new Date(now).toISOString() };
}

function spanOf(handed: AnalysisHandover | null): Span | null {
  if (!handed) return null;
  const { since, until } = handed.asked;
  return {
    since: typeof since === "string" ? since : null,
    until: typeof until === "string" ? until : null,
  };
}
