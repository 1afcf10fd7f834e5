// One's jobs, those that are over too for as long as they are kept.
import { useState } from "react";
import { asProblem, type Problem } from "../../api/client";
import type { Job } from "../../api/types";
import { useSpeech } from "../../base/language";
import { address } from "../../base/route";
import { zone } from "../../base/time";
import { PlateChip } from "../../parts/Plate";
import { Complaint, Empty } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, Time } from "../../parts/Text";
import { cancel, discard, over } from "./jobs";

export function JobList({ jobs, changed }: { jobs: Job[]; changed: () => void }) {
  const { t, word, number } = useSpeech();
  const [problem, setProblem] = useState<Problem | null>(null);
  const act = async (move: (job: Job) => Promise<void>, job: Job) => {
    setProblem(null);
    try {
      await move(job);
    } catch (error) {
      setProblem(asProblem(error));
    }
    changed();
  };
  const head = [
    t("job.kind"),
    t("field.case_number"),
    t("field.state"),
    t("job.found"),
    t("job.asked_at", { zone: zone() }),
    t("job.kept_until", { zone: zone() }),
    t("search.group.do"),
  ];
  return (
    <>
      <h2>{t("job.mine")}</h2>
      {problem && <Complaint problem={problem} />}
      {!jobs.length ? (
        <Empty what="job.none" />
      ) : (
        <div className="scroll">
          <table className="table jobs">
            <caption className="visually-hidden">{t("job.mine")}</caption>
            <TableHead texts={head} />
            <tbody>
              {jobs.map((job) => (
                <tr key={job.job_id} data-job={job.job_id}>
                  <td>
                    <a href={address("analyses", job.job_id)}>{word("kind", job.kind) ?? job.kind}</a>{" "}
                    {job.subject && <PlateChip plate={{ text: job.subject }} />}
                  </td>
                  <td>
                    <Data className="code">{job.case_number}</Data>
                    <br />
                    <Data className="muted">{job.reason}</Data>
                  </td>
                  <td>
                    <JobState job={job} />
                  </td>
                  <td className="numbers">{number(job.found)}</td>
                  <td className="numbers">
                    <Time iso={job.asked_at} labelled={false} />
                  </td>
                  <td className="numbers">
                    <Time iso={job.kept_until} labelled={false} />
                  </td>
                  <td>
                    {over(job) ? (
                      <button
                        className="button button-small"
                        type="button"
                        data-action="discard"
                        onClick={() => void act(discard, job)}
                      >
                        {t("job.discard")}
                      </button>
                    ) : (
                      <button
                        className="button button-small"
                        type="button"
                        data-action="cancel"
                        aria-disabled={job.cancel_asked}
                        onClick={() => void act(cancel, job)}
                      >
                        {t("job.cancel")}
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

/** Where it stands; one that runs with how far it is. */
export function JobState({ job }: { job: Job }) {
  const { t, percent } = useSpeech();
  const state = job.cancel_asked && !over(job) ? "cancelling" : job.state;
  return (
    <span className="job-state">
      <span className={`tag job-${state}`}>{t(`job_state.${state}`)}</span>
      {job.state === "running" && (
        <>
          <progress className="progress" max={1} value={job.progress} aria-label={t("job.progress")} />
          <span className="numbers">{percent(job.progress)}</span>
        </>
      )}
      {job.silent && <span className="muted">{t("job.silent")}</span>}
    </span>
  );
}
