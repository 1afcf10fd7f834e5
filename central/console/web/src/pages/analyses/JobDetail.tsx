// One job: what was asked, where it stands, what it found, page by page; to be taken along, asked again, let go.
import { useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import { takeFile } from "../../api/file";
import { useLoaded } from "../../api/load";
import type { AnalysisKind, Checkpoint, Job } from "../../api/types";
import { useSpeech } from "../../base/language";
import { go } from "../../base/route";
import { ExportButtons } from "../../parts/ExportButtons";
import { Facts } from "../../parts/Facts";
import { handOver } from "../../parts/handover";
import { PlateChip } from "../../parts/Plate";
import { SaveToCase } from "../../parts/SaveToCase";
import { Complaint, Empty, Failed, Loading } from "../../parts/States";
import { Data, Time } from "../../parts/Text";
import { Findings } from "./Findings";
import { JobState } from "./JobList";
import { cancel, discard, over } from "./jobs";

const PAGE = 100;
const FORMS = ["csv", "xlsx"] as const;

interface JobDetailProps {
  job: Job;
  kind: AnalysisKind | undefined;
  places: Checkpoint[];
  changed: () => void;
}

export function JobDetail({ job, kind, places, changed }: JobDetailProps) {
  const { t, word, number } = useSpeech();
  const [problem, setProblem] = useState<Problem | null>(null);
  const purpose = { reason: job.reason, case_number: job.case_number };
  const question = { kind: job.kind, wishes: job.wishes, since: job.since, until: job.until };
  const act = async (move: () => Promise<unknown>) => {
    setProblem(null);
    try {
      await move();
    } catch (error) {
      setProblem(asProblem(error));
    }
    changed();
  };
  const name = word("kind", job.kind) ?? job.kind;
  return (
    <article className="job-detail" data-job={job.job_id}>
      <header className="track-head">
        <h2>{name}</h2>
        {job.subject && <PlateChip plate={{ text: job.subject }} size="medium" />}
        <JobState job={job} />
      </header>
      <div className="row">
        {over(job) ? (
          <button
            className="button button-small"
            type="button"
            data-action="discard"
            onClick={() => void act(() => discard(job).then(() => go("analyses", "jobs")))}
          >
            {t("job.discard")}
          </button>
        ) : (
          <button
            className="button button-small step-bad"
            type="button"
            data-action="cancel"
            aria-disabled={job.cancel_asked}
            onClick={() => void act(() => cancel(job))}
          >
            {t("job.cancel")}
          </button>
        )}
        <button
          className="button button-small"
          type="button"
          onClick={() => handOver({ page: "analyses", kind: job.kind, purpose, asked: question })}
        >
          {t("job.again")}
        </button>
        <SaveToCase kind="job" purpose={purpose} asked={{ job_id: job.job_id }} name={name} />
      </div>
      {problem && <Complaint problem={problem} />}
      {job.state === "failed" && (
        <p className="complaint">
          {t("job.why")} <Data>{job.why}</Data>
        </p>
      )}
      <Facts
        of={[
          ["field.case_number", <Data>{job.case_number}</Data>],
          ["field.reason", <Data>{job.reason}</Data>],
          [
            "job.span",
            <span>
              <Time iso={job.since} /> – <Time iso={job.until} />
            </span>,
          ],
          ["job.asked", <Time iso={job.asked_at} />],
          ["job.kept", job.kept_until && <Time iso={job.kept_until} />],
          ["field.audit_id", <Data className="code">{job.audit_id}</Data>],
        ]}
      />
      {job.state === "done" && <Found job={job} kind={kind} places={places} total={number(job.found)} />}
    </article>
  );
}

interface FoundProps {
  job: Job;
  kind: AnalysisKind | undefined;
  places: Checkpoint[];
  total: string;
}

function Found({ job, kind, places, total }: FoundProps) {
  const { t, number } = useSpeech();
  const [starts, setStarts] = useState<number[]>([0]);
  const after = starts.at(-1) ?? 0;
  const params = { path: { job_id: job.job_id }, query: { after, limit: PAGE } };
  const { data, problem, again } = useLoaded(`${job.job_id} ${after}`, () =>
    answer(api.GET("/api/jobs/{job_id}/findings", { params })),
  );
  if (!data) return problem ? <Failed problem={problem} again={again} /> : <Loading />;
  const take = (form: (typeof FORMS)[number]) => {
    const where = { path: { job_id: job.job_id } };
    return takeFile(api.POST("/api/jobs/{job_id}/export", { params: where, body: { form }, parseAs: "blob" }));
  };
  return (
    <>
      <header className="track-head">
        <strong>{t("analysis.found", { n: total })}</strong>
        <ExportButtons forms={FORMS} take={take} />
      </header>
      {data.withheld > 0 && (
        <p className="notice">
          {t("job.withheld", { n: number(data.withheld) })} <Data>{data.withheld_why}</Data>
        </p>
      )}
      {data.findings.length ? (
        <Findings
          kind={kind}
          name={job.kind}
          findings={data.findings}
          places={places}
          follow={(plate) =>
            handOver({
              page: "track",
              purpose: { reason: job.reason, case_number: job.case_number },
              asked: { plate, how: "exact", since: job.since, until: job.until },
              now: true,
            })
          }
        />
      ) : (
        <Empty what="analysis.none" />
      )}
      <div className="row">
        {starts.length > 1 && (
          <button className="button" type="button" onClick={() => setStarts(starts.slice(0, -1))}>
            {t("page.before")}
          </button>
        )}
        {data.next !== null && (
          <button className="button" type="button" onClick={() => setStarts([...starts, data.next ?? 0])}>
            {t("page.behind")}
          </button>
        )}
      </div>
    </>
  );
}
