// Where and when the vehicle should pass, and whether this unit can be there.
import { useEffect, useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import type { Dispatch, Post, Unit } from "../../api/types";
import { useSpeech } from "../../base/language";
import { clockText, zone } from "../../base/time";
import { Data } from "../../parts/Text";

const LISTED = 4;
/** Each question is a look at the vehicle's history and written down: not more often than the windows move. */
const EVERY_MS = 60_000;

export interface Forecast {
  posts: Post[];
  problem: Problem | null;
  loading: boolean;
}

export function useExpected({ alert_id, ended, passage }: Dispatch): Forecast {
  const [found, setFound] = useState<Forecast>({ posts: [], problem: null, loading: true });
  const newest = passage?.passage_id ?? null;
  const asked = !ended && newest !== null;
  useEffect(() => {
    if (!asked) return;
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      try {
        const path = { alert_id };
        const plan = await answer(
          api.GET("/api/patrol/dispatches/{alert_id}/interception", { params: { path } }),
        );
        const posts = [...plan.posts].sort((a, b) => b.probability - a.probability);
        if (!gone) setFound({ posts, problem: null, loading: false });
      } catch (error) {
        const problem = asProblem(error);
        // What was forecast stays: an old window is better than none, and says when it was.
        if (!gone) setFound((before) => ({ ...before, problem, loading: false }));
      }
      if (!gone) timer = setTimeout(() => void load(), EVERY_MS);
    };
    void load();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [alert_id, newest, asked]);
  return asked ? found : { posts: [], problem: null, loading: false };
}

export function Expected({ expected: { posts, problem, loading }, unit }: { expected: Forecast; unit: Unit }) {
  const { t, percent } = useSpeech();
  const at = (iso: string) => clockText(new Date(iso), { seconds: false });
  return (
    <section className="expected" aria-label={t("patrol.expected")}>
      <h2>
        {t("patrol.expected")} <span className="muted">{zone()}</span>
      </h2>
      {!posts.length && (
        <p className="muted">
          {t(loading ? "state.loading" : problem && problem.status !== 404 ? "ahead.failed" : "ahead.none")}
        </p>
      )}
      <ol className="expected-list">
        {posts.slice(0, LISTED).map((post) => {
          const mine = post.in_time.find(({ unit_id }) => unit_id === unit.unit_id);
          return (
            <li key={post.checkpoint.checkpoint_id} className={`expected-one expected-${post.ring}`}>
              <span className="expected-place">
                <Data>{post.checkpoint.name}</Data>
              </span>
              <span className="expected-window" translate="no">
                {at(post.p50)}–{at(post.p90)}
              </span>
              <span className="expected-chance">
                {t("ahead.probability")} {percent(post.probability)}
              </span>
              <span className="expected-own">
                {mine
                  ? t("patrol.in_time", { time: at(mine.arrives) })
                  : t(unit.position ? "patrol.too_late" : "patrol.unlocated")}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
