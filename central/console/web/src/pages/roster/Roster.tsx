// The roster: who is on duty now, and the shifts of a week, entered one by one or from a file.
import "../../styles/admin.css";
import "../../styles/alert.css";
import "../../styles/pages.css";
import dayjs from "dayjs";
import { useState } from "react";
import { answer, api } from "../../api/client";
import { useLoaded } from "../../api/load";
import { hasRole } from "../../api/session";
import type { Shift } from "../../api/types";
import { useSpeech } from "../../base/language";
import { useNow } from "../../base/tick";
import { clockText, dateText, zone } from "../../base/time";
import type { PageProps } from "../../pages";
import { AntFrame } from "../../parts/AntFrame";
import { AreaNames } from "../../parts/AreaSelect";
import { Ask } from "../../parts/Ask";
import { Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data } from "../../parts/Text";
import { FileImport } from "./FileImport";
import { NewShift } from "./NewShift";

const DUTY_EVERY_MS = 60_000;

/** The Monday of a day's week. */
const mondayOf = (day: dayjs.Dayjs) => day.startOf("day").subtract((day.day() + 6) % 7, "day");

export default function Roster({ user }: PageProps) {
  const { t } = useSpeech();
  const [week, setWeek] = useState(() => mondayOf(dayjs()).format("YYYY-MM-DD"));
  const since = dayjs(week);
  const query = { since: since.toISOString(), until: since.add(7, "day").toISOString() };
  const { data, problem, again } = useLoaded(week, () =>
    answer(api.GET("/api/roster", { params: { query } })).then(({ shifts }) => shifts),
  );
  const enters = hasRole(user, "supervisor");
  const move = (weeks: number) => setWeek(since.add(weeks, "week").format("YYYY-MM-DD"));
  return (
    <AntFrame>
      <div className={enters ? "roster" : "roster roster-read"}>
        <section className="pane" aria-label={t("roster.title")}>
          <header className="pane-head">
            <h1>{t("page.roster")}</h1>
            <div className="row">
              <button className="button" type="button" onClick={() => move(-1)}>
                {t("roster.before")}
              </button>
              <span className="numbers">
                {dateText(since.toDate())} – {dateText(since.add(6, "day").toDate())}
              </span>
              <button className="button" type="button" onClick={() => move(1)}>
                {t("roster.after")}
              </button>
              <button
                className="button"
                type="button"
                onClick={() => setWeek(mondayOf(dayjs()).format("YYYY-MM-DD"))}
              >
                {t("roster.this_week")}
              </button>
            </div>
          </header>
          <div className="pane-body">
            <Duty />
            {problem && <Failed problem={problem} again={again} />}
            {!data && !problem && <Loading />}
            {data && !data.length && <Empty what="roster.none" />}
            {data && data.length > 0 && <Shifts shifts={data} enters={enters} again={again} />}
          </div>
        </section>
        {enters && (
          <section className="pane pane-side" aria-label={t("roster.enter")}>
            <NewShift entered={again} />
            <FileImport imported={again} />
          </section>
        )}
      </div>
    </AntFrame>
  );
}

function Duty() {
  const { t } = useSpeech();
  const { data } = useLoaded(
    "duty",
    () => answer(api.GET("/api/roster/duty")).then(({ shifts }) => shifts),
    DUTY_EVERY_MS,
  );
  if (!data) return null;
  return (
    <section className="duty" aria-label={t("roster.duty")}>
      <h2>{t("roster.duty")}</h2>
      {data.length ? (
        <ol className="duty-list">
          {data.map((shift) => (
            <li key={shift.shift_id}>
              <span className="tag tag-good">{t("roster.line.n", { n: shift.line })}</span>
              <strong>
                <Data>{shift.team}</Data>
              </strong>
              <Data>{shift.names.join(" · ")}</Data>
              <span className="muted">
                <AreaNames of={shift.areas} />
              </span>
            </li>
          ))}
        </ol>
      ) : (
        <p className="bad">{t("roster.nobody")}</p>
      )}
    </section>
  );
}

interface ShiftsProps {
  shifts: Shift[];
  enters: boolean;
  again: () => void;
}

function Shifts({ shifts, enters, again }: ShiftsProps) {
  const { t } = useSpeech();
  const now = useNow();
  const [removing, setRemoving] = useState<string | null>(null);
  const head = [
    t("roster.date"),
    t("roster.hours", { zone: zone() }),
    t("roster.team"),
    t("roster.line"),
    t("roster.people"),
    t("users.areas"),
    ...(enters ? [t("field.action")] : []),
  ];
  return (
    <table className="table shifts">
      <caption className="visually-hidden">{t("roster.title")}</caption>
      <TableHead texts={head} />
      <tbody>
        {shifts.map((shift, index) => {
          const [from, to] = [new Date(shift.starts_at), new Date(shift.ends_at)];
          const day = dateText(from);
          const first = index === 0 || dateText(new Date(shifts[index - 1]?.starts_at ?? "")) !== day;
          const current = from.getTime() <= now && now < to.getTime();
          return (
            <tr key={shift.shift_id} data-shift={shift.team} className={first ? "shift-first" : ""}>
              <td className="numbers">{first && day}</td>
              <td className="numbers">
                {clockText(from, { seconds: false })}–{clockText(to, { seconds: false })}
                {dateText(to) !== day && ` ${t("roster.next_day")}`}
                {current && <span className="tag tag-good shift-now">{t("roster.now")}</span>}
              </td>
              <td>
                <strong>
                  <Data>{shift.team}</Data>
                </strong>
              </td>
              <td>{t("roster.line.n", { n: shift.line })}</td>
              <td>
                <Data>{shift.names.join(" · ")}</Data>
              </td>
              <td>
                <AreaNames of={shift.areas} />
              </td>
              {enters && (
                <td>
                  {removing === shift.shift_id ? (
                    <Ask
                      question={t("roster.remove.ask")}
                      act={async () => {
                        const params = { path: { shift_id: shift.shift_id } };
                        await answer(api.DELETE("/api/roster/shifts/{shift_id}", { params }));
                        again();
                      }}
                      close={() => setRemoving(null)}
                    />
                  ) : (
                    <button className="button" type="button" onClick={() => setRemoving(shift.shift_id)}>
                      {t("roster.remove")}{" "}
                      <Data className="visually-hidden">
                        {shift.team} {day}
                      </Data>
                    </button>
                  )}
                </td>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
