// Where and when to place officers in the next two hours, and why there.
import { useState } from "react";
import { answer, api } from "../../api/client";
import { useLoaded } from "../../api/load";
import { useSpeech } from "../../base/language";
import { clockText, zone } from "../../base/time";
import { Empty, Failed, Loading } from "../../parts/States";
import { Data } from "../../parts/Text";

const EVERY_MS = 60_000;
const MOST = 12;
/** Vehicle-hours, below which nobody need stand there. */
const LEAST = 0.05;

export function Placement({ choose }: { choose: (key: string) => void }) {
  const { t, language, number } = useSpeech();
  const [teams, setTeams] = useState(3);
  const { data, problem, again } = useLoaded(
    String(teams),
    () => answer(api.GET("/api/flow/placement", { params: { query: { teams } } })),
    EVERY_MS,
  );
  const posts = (data?.posts ?? []).filter(({ gain }) => gain >= LEAST);
  return (
    <section className="pane flow-placement" aria-label={t("flow.placement")}>
      <header className="pane-head">
        <h2>{t("flow.placement")}</h2>
        <label className="row" htmlFor="flow-teams">
          {t("flow.teams")}
        </label>
        <input
          id="flow-teams"
          type="number"
          min={1}
          max={MOST}
          value={teams}
          onChange={({ target }) => {
            const n = Math.round(target.valueAsNumber);
            if (n >= 1 && n <= MOST) setTeams(n);
          }}
        />
      </header>
      <div className="pane-body">
        {problem && <Failed problem={problem} again={again} />}
        {!data && !problem && <Loading />}
        {data && !posts.length && <Empty what="flow.no_posts" />}
        {posts.length > 0 && (
          <>
            <ol className="posts">
              {posts.map((post) => {
                const key = `${post.start.checkpoint_id}|${post.end.checkpoint_id}`;
                const time = (iso: string) => clockText(new Date(iso), { seconds: false });
                return (
                  <li key={post.rank} className="post">
                    <span className="post-rank" aria-label={t("flow.rank", { n: post.rank })}>
                      {post.rank}
                    </span>
                    <div>
                      <p className="post-head">
                        <button className="plain post-place" type="button" onClick={() => choose(key)}>
                          <Data>{post.end.name}</Data>
                        </button>
                        <span className="tag">{t("flow.team", { n: post.team })}</span>
                        <span className="numbers">
                          {time(post.begins)}–{time(post.ends)}
                        </span>
                      </p>
                      <p className="post-why">
                        <Data>{language === "en" ? post.reason_en : post.reason_zh}</Data>
                      </p>
                      <p className="muted post-figures">
                        {t("flow.gain", { n: number(post.gain, { maximumFractionDigits: 1 }) })}
                      </p>
                    </div>
                  </li>
                );
              })}
            </ol>
            <p className="hint post-note">{t("flow.placement.note", { zone: zone() })}</p>
          </>
        )}
      </div>
    </section>
  );
}
