// Saved cases (案件): what was asked for each, to be asked again. A supervisor reads those of their areas.
import "../../styles/pages.css";
import "../../styles/desk.css";
import { useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import { useLoaded } from "../../api/load";
import { hasRole } from "../../api/session";
import type { Case, Job, SavedQuestion } from "../../api/types";
import { useSpeech } from "../../base/language";
import { address, go } from "../../base/route";
import { zone } from "../../base/time";
import type { PageProps } from "../../pages";
import { handOver } from "../../parts/handover";
import { halves, PlateChip } from "../../parts/Plate";
import { Complaint, Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, Time } from "../../parts/Text";
import { Window } from "../../parts/Window";

export default function Cases({ user, part }: PageProps) {
  const { t, number } = useSpeech();
  const { data, problem, again } = useLoaded("", () =>
    answer(api.GET("/api/cases")).then(({ cases }) => cases),
  );
  const mine = hasRole(user, "investigator");
  return (
    <div className={`two-panes cases${part ? " two-panes-open" : ""}`}>
      <section className="pane" aria-label={t("page.cases")}>
        <header className="pane-head">
          <h1>{t("page.cases")}</h1>
        </header>
        <div className="pane-body">
          {!data ? (
            problem ? (
              <Failed problem={problem} again={again} />
            ) : (
              <Loading />
            )
          ) : data.length ? (
            <table className="table cases-table">
              <caption className="visually-hidden">{t("page.cases")}</caption>
              <TableHead
                texts={[
                  t("field.case_number"),
                  t("case.owner"),
                  t("case.questions"),
                  t("case.changed", { zone: zone() }),
                ]}
              />
              <tbody>
                {data.map((each) => (
                  <tr
                    key={each.case_id}
                    className="row-link"
                    data-case={each.case_id}
                    aria-current={each.case_id === part}
                    onClick={() => go("cases", each.case_id)}
                  >
                    <td>
                      <a className="plain" href={address("cases", each.case_id)}>
                        <Data className="case-number">{each.case_number}</Data>
                      </a>
                      <br />
                      <Data className="muted">{each.reason}</Data>
                    </td>
                    <td>
                      <Data>{each.owner_name}</Data>
                    </td>
                    <td className="numbers">{number(each.questions)}</td>
                    <td className="numbers">
                      <Time iso={each.changed_at} labelled={false} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          ) : (
            <Empty what={mine ? "case.none" : "case.none_read"} />
          )}
        </div>
      </section>
      <section className="pane pane-side" aria-label={t("case.side")}>
        {part && (
          <a className="button button-quiet back" href={address("cases")}>
            {t("back")}
          </a>
        )}
        {part ? (
          <Detail key={part} caseId={part} investigator={mine} changed={again} />
        ) : (
          <Empty what="case.choose" />
        )}
      </section>
    </div>
  );
}

interface DetailProps {
  caseId: string;
  investigator: boolean;
  changed: () => void;
}

function Detail({ caseId, investigator, changed }: DetailProps) {
  const { t, number } = useSpeech();
  const params = { path: { case_id: caseId } };
  const { data, problem, again } = useLoaded(caseId, () => answer(api.GET("/api/cases/{case_id}", { params })));
  const jobs = useLoaded(caseId, () =>
    investigator ? answer(api.GET("/api/jobs")).then((found) => found.jobs) : Promise.resolve([] as Job[]),
  );
  const [refused, setRefused] = useState<Problem | null>(null);
  const [leaving, setLeaving] = useState(false);
  if (!data) {
    if (problem?.status === 404) return <Empty what="case.gone" />;
    return problem ? <Failed problem={problem} again={again} /> : <Loading />;
  }
  const act = async (move: Promise<unknown>, then: () => void) => {
    setRefused(null);
    try {
      await move;
      then();
    } catch (error) {
      setRefused(asProblem(error));
    }
    changed();
  };
  const running = (jobs.data ?? []).filter((job) => job.case_number === data.case_number);
  const known = new Set((jobs.data ?? []).map((job) => job.job_id));
  return (
    <article className="case-detail" data-case={data.case_id}>
      <header className="case-head">
        <div>
          <h2>
            <Data>{data.case_number}</Data>
          </h2>
          <p>
            <Data>{data.reason}</Data>
          </p>
          <p className="muted">
            {t("case.owner")} <Data>{data.owner_name}</Data> · {t("case.opened")} <Time iso={data.opened_at} />
          </p>
        </div>
        {data.mine && (
          <button
            className="button button-small step-bad"
            type="button"
            data-action="discard"
            onClick={() => setLeaving(true)}
          >
            {t("case.discard")}
          </button>
        )}
      </header>
      {!data.mine && <p className="notice">{t("case.others")}</p>}
      {refused && <Complaint problem={refused} />}
      <h3>
        {t("case.saved_questions")} {number(data.saved.length)}
      </h3>
      {data.saved.length ? (
        <ul className="saved">
          {data.saved.map((saved) => (
            <Saved
              key={saved.number}
              saved={saved}
              of={data}
              kept={known.has(jobOf(saved))}
              remove={() => {
                const path = { case_id: caseId, number: saved.number };
                void act(
                  answer(api.DELETE("/api/cases/{case_id}/questions/{number}", { params: { path } })),
                  again,
                );
              }}
            />
          ))}
        </ul>
      ) : (
        <Empty what="case.empty" />
      )}
      {running.length > 0 && (
        <>
          <h3>
            {t("case.jobs")} {number(running.length)}
          </h3>
          <ul className="saved">
            {running.map((job) => (
              <JobLine key={job.job_id} job={job} />
            ))}
          </ul>
        </>
      )}
      {leaving && (
        <Window label={t("case.discard")} close={() => setLeaving(false)} className="window-narrow">
          <p>{t("case.discard.ask")}</p>
          <div className="row">
            <button
              className="button step-bad"
              type="button"
              data-action="confirm-discard"
              onClick={() =>
                void act(answer(api.DELETE("/api/cases/{case_id}", { params })), () => {
                  setLeaving(false);
                  go("cases");
                })
              }
            >
              {t("confirm")}
            </button>
            <button className="button" type="button" onClick={() => setLeaving(false)}>
              {t("cancel")}
            </button>
          </div>
        </Window>
      )}
    </article>
  );
}

const jobOf = ({ asked }: SavedQuestion): string => (typeof asked.job_id === "string" ? asked.job_id : "");
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

interface SavedProps {
  saved: SavedQuestion;
  of: Case;
  /** Of a job: whether it is still there. */
  kept: boolean;
  remove: () => void;
}

function Saved({ saved, of, kept, remove }: SavedProps) {
  const { t, word } = useSpeech();
  const { kind, asked } = saved;
  const purpose = { reason: of.reason, case_number: of.case_number };
  const again = () => {
    if (kind === "search") handOver({ page: "track", purpose, asked, now: true });
    else handOver({ page: "analyses", kind: textOf(asked.kind), purpose, asked });
  };
  const analysis = textOf(asked.kind);
  return (
    <li className="saved-one" data-saved={saved.number}>
      <div className="saved-what">
        <p>
          <span className="tag">{t(`case.kind.${kind}`)}</span>{" "}
          <strong>
            <Data>{saved.name}</Data>
          </strong>
        </p>
        <p className="saved-asked">
          {saved.subject && <Subject text={saved.subject} />}
          {analysis && <span>{word("kind", analysis) ?? analysis}</span>}
          {kind === "search" && <span>{t(`search.how.${asHow(asked.how)}`)}</span>}
          <span className="numbers">
            <Time iso={textOf(asked.since)} labelled={false} /> – <Time iso={textOf(asked.until)} />
          </span>
        </p>
        <p className="muted">
          {t("case.saved_at")} <Time iso={saved.saved_at} />
        </p>
      </div>
      {of.mine && (
        <div className="row">
          {kind === "job" && kept && (
            <a className="button button-small" href={address("analyses", jobOf(saved))}>
              {t("case.open_job")}
            </a>
          )}
          <button
            className="button button-small button-main"
            type="button"
            data-action="again"
            title={t("case.again.hint")}
            onClick={again}
          >
            {t("case.again")}
          </button>
          <button className="button button-small" type="button" data-action="remove" onClick={remove}>
            {t("case.remove")}
          </button>
        </div>
      )}
    </li>
  );
}

const asHow = (how: unknown) => (how === "pattern" || how === "like" ? how : "exact");

/** A plate as a plate, a pattern as it was typed. */
function Subject({ text }: { text: string }) {
  return halves(text)[1] || !/[?*]/.test(text) ? (
    <PlateChip plate={{ text }} />
  ) : (
    <Data className="code">{text}</Data>
  );
}

function JobLine({ job }: { job: Job }) {
  const { t, word } = useSpeech();
  return (
    <li className="saved-one">
      <div className="saved-what">
        <p>
          <a href={address("analyses", job.job_id)}>{word("kind", job.kind) ?? job.kind}</a>{" "}
          {job.subject && <PlateChip plate={{ text: job.subject }} />}{" "}
          <span className={`tag job-${job.state}`}>{t(`job_state.${job.state}`)}</span>
        </p>
        <p className="muted">
          <Time iso={job.asked_at} />
        </p>
      </div>
    </li>
  );
}
