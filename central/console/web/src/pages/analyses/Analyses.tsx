// Analyses (研判): which there are, one of them as a form, its findings; and one's jobs.
import "../../styles/pages.css";
import "../../styles/desk.css";
import { useEffect, useState } from "react";
import { useCheckpoints } from "../../api/checkpoints";
import { answer, api } from "../../api/client";
import { useLoaded } from "../../api/load";
import type { AnalysisKind, Job } from "../../api/types";
import { useSpeech } from "../../base/language";
import { address } from "../../base/route";
import type { PageProps } from "../../pages";
import { AntFrame } from "../../parts/AntFrame";
import { type AnalysisHandover, onHandover, takeOver } from "../../parts/handover";
import { Empty, Failed, Loading } from "../../parts/States";
import { AnalysisForm } from "./AnalysisForm";
import { JobDetail } from "./JobDetail";
import { JobList } from "./JobList";
import { over } from "./jobs";

const JOBS = "jobs";
const RUNNING_MS = 1500;
const RESTING_MS = 30_000;

export default function Analyses({ part }: PageProps) {
  const { t } = useSpeech();
  const places = useCheckpoints();
  const kinds = useLoaded("", () => answer(api.GET("/api/analyses")).then((found) => found.kinds));
  const [busy, setBusy] = useState(false);
  const jobs = useLoaded(
    "",
    () => answer(api.GET("/api/jobs")).then((found) => found.jobs),
    busy ? RUNNING_MS : RESTING_MS,
  );
  const some = jobs.data?.some((job) => !over(job)) ?? false;
  if (some !== busy) setBusy(some);
  const [handed, setHanded] = useState<AnalysisHandover | null>(null);
  useEffect(() => {
    const take = () => {
      const found = takeOver("analyses");
      if (found) setHanded(found);
    };
    take();
    return onHandover(take);
  }, []);
  const wanted = handed?.kind ?? part;
  const kind = kinds.data?.find((each) => each.kind === wanted);
  const job = jobs.data?.find(({ job_id }) => job_id === part);
  return (
    <AntFrame>
      <div className={`two-panes analyses${part || handed ? " two-panes-open" : ""}`}>
        <section className="pane" aria-label={t("page.analyses")}>
          <header className="pane-head">
            <h1>{t("page.analyses")}</h1>
          </header>
          <div className="pane-body">
            {kinds.data ? (
              <Menu
                kinds={kinds.data}
                open={wanted ?? (job ? JOBS : null)}
                jobs={jobs.data ?? []}
                chosen={() => setHanded(null)}
              />
            ) : kinds.problem ? (
              <Failed problem={kinds.problem} again={kinds.again} />
            ) : (
              <Loading />
            )}
          </div>
        </section>
        <section className="pane pane-side" aria-label={t("analysis.side")}>
          {(part ?? handed) && (
            <a className="button button-quiet back" href={address("analyses")} onClick={() => setHanded(null)}>
              {t("back")}
            </a>
          )}
          {kind ? (
            <AnalysisForm
              key={`${kind.kind}-${handed ? JSON.stringify(handed.asked) : ""}`}
              kind={kind}
              places={places}
              handed={handed}
              started={jobs.again}
            />
          ) : part === JOBS ? (
            jobs.data ? (
              <JobList jobs={jobs.data} changed={jobs.again} />
            ) : jobs.problem ? (
              <Failed problem={jobs.problem} again={jobs.again} />
            ) : (
              <Loading />
            )
          ) : job ? (
            <JobDetail
              key={job.job_id}
              job={job}
              kind={kinds.data?.find((each) => each.kind === job.kind)}
              places={places}
              changed={jobs.again}
            />
          ) : part && jobs.data && kinds.data ? (
            <Empty what="job.gone" />
          ) : part ? (
            <Loading />
          ) : (
            <Empty what="analysis.choose" />
          )}
        </section>
      </div>
    </AntFrame>
  );
}

interface MenuProps {
  kinds: AnalysisKind[];
  open: string | null;
  jobs: Job[];
  chosen: () => void;
}

function Menu({ kinds, open, jobs, chosen }: MenuProps) {
  const { t, word, number } = useSpeech();
  const running = jobs.filter((job) => !over(job)).length;
  const entry = (name: string, title: string, hint: string, count: number | null) => (
    <li key={name}>
      <a
        className="menu-entry"
        href={address("analyses", name)}
        aria-current={name === open ? "page" : undefined}
        data-kind={name}
        onClick={chosen}
      >
        <span className="menu-title">
          {title}
          {count !== null && count > 0 && <span className="tag">{number(count)}</span>}
        </span>
        <span className="muted">{hint}</span>
      </a>
    </li>
  );
  return (
    <nav aria-label={t("analysis.kinds")}>
      <ul className="menu">
        {entry(
          JOBS,
          t("job.mine"),
          t(running ? "job.mine.running" : "job.mine.hint", { n: running }),
          jobs.length,
        )}
        {kinds.map(({ kind, question }) =>
          entry(kind, word("kind", kind) ?? kind, word("kind", `${kind}.hint`) ?? question, null),
        )}
      </ul>
    </nav>
  );
}
