// Hotlists (名单): lists of other departments, imported from files, decided on by a second person.
import "../../styles/pages.css";
import "../../styles/desk.css";
import { useState } from "react";
import { useCheckpoints } from "../../api/checkpoints";
import { answer, api } from "../../api/client";
import { useLoaded } from "../../api/load";
import { hasRole } from "../../api/session";
import type { Hotlist } from "../../api/types";
import { useSpeech } from "../../base/language";
import { address, go } from "../../base/route";
import { zone } from "../../base/time";
import type { PageProps } from "../../pages";
import { AntFrame } from "../../parts/AntFrame";
import { Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Data, Time } from "../../parts/Text";
import { HotlistDetail } from "./HotlistDetail";
import { HotlistForm } from "./HotlistForm";

const EVERY_MS = 15_000;

export default function Hotlists({ user, part }: PageProps) {
  const { t } = useSpeech();
  const places = useCheckpoints();
  const { data, problem, again } = useLoaded(
    "",
    () => answer(api.GET("/api/hotlists")).then(({ hotlists }) => hotlists),
    EVERY_MS,
  );
  const open = data?.find(({ hotlist_id }) => String(hotlist_id) === part);
  return (
    <AntFrame>
      <div className={`two-panes${part ? " two-panes-open" : ""}`}>
        <section className="pane" aria-label={t("page.hotlists")}>
          <header className="pane-head">
            <h1>{t("page.hotlists")}</h1>
            {hasRole(user, "applicant") && (
              <a className="button button-main" href={address("hotlists", "new")}>
                {t("hotlist.new")}
              </a>
            )}
          </header>
          <div className="pane-body">
            {data ? (
              <List lists={data} open={part} />
            ) : problem ? (
              <Failed problem={problem} again={again} />
            ) : (
              <Loading />
            )}
          </div>
        </section>
        <section className="pane pane-side" aria-label={t("hotlist.side")}>
          {part && (
            <a className="button button-quiet back" href={address("hotlists")}>
              {t("back")}
            </a>
          )}
          {part === "new" ? (
            <HotlistForm
              places={places}
              made={(made) => {
                again();
                go("hotlists", String(made.hotlist_id));
              }}
            />
          ) : open ? (
            <HotlistDetail key={open.hotlist_id} hotlist={open} user={user} places={places} changed={again} />
          ) : part && data ? (
            <Empty what="hotlist.gone" />
          ) : (
            !part && <Empty what="hotlist.choose" />
          )}
        </section>
      </div>
    </AntFrame>
  );
}

function List({ lists, open }: { lists: Hotlist[]; open: string | null }) {
  const { t, number } = useSpeech();
  const [now] = useState(() => Date.now());
  if (!lists.length) return <Empty what="hotlist.none" />;
  const head = [
    t("hotlist.name"),
    t("hotlist.department"),
    t("hotlist.rows"),
    t("field.priority"),
    t("field.valid_until_zone", { zone: zone() }),
  ];
  return (
    <table className="table hotlists">
      <caption className="visually-hidden">{t("page.hotlists")}</caption>
      <TableHead texts={head} />
      <tbody>
        {lists.map((list) => (
          <tr
            key={list.hotlist_id}
            className="row-link"
            data-hotlist={list.hotlist_id}
            aria-current={String(list.hotlist_id) === open}
            onClick={() => go("hotlists", String(list.hotlist_id))}
          >
            <td>
              <a className="plain" href={address("hotlists", String(list.hotlist_id))}>
                <strong>
                  <Data>{list.name}</Data>
                </strong>
              </a>
              <br />
              <Data className="muted code">{list.case_number}</Data>
            </td>
            <td>
              <Data>{list.department}</Data>
            </td>
            <td className="numbers">{list.generation ? number(list.rows) : t("hotlist.unfilled")}</td>
            <td>
              <span className={`priority priority-${list.priority}`}>
                {t("priority.short", { n: list.priority })}
              </span>
            </td>
            <td className="numbers">
              <Time iso={list.valid_until} labelled={false} />{" "}
              {Date.parse(list.valid_until) <= now && <span className="tag">{t("order_state.expired")}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
