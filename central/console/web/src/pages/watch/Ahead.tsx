// Where the vehicle will pass next, when, and who can be there; on the map and as a list.
import type { Alert, Checkpoint, Post, Unit } from "../../api/types";
import { useSpeech } from "../../base/language";
import { clockText, zone } from "../../base/time";
import { LazyMap } from "../../parts/LazyMap";
import { Data } from "../../parts/Text";
import type { Plan } from "./plan";

const LISTED = 5;

interface AheadProps {
  alert: Alert | null;
  plan: Plan;
  places: Checkpoint[];
  units: Unit[];
}

export function Ahead({ alert, plan: { plan, problem }, places, units }: AheadProps) {
  const { t } = useSpeech();
  const posts = [...(plan?.posts ?? [])].sort((a, b) => b.probability - a.probability);
  const visits = alert
    ? [...alert.passages]
        .reverse()
        .map((p) => ({ checkpoint_id: p.checkpoint.checkpoint_id, at: p.captured_at }))
    : [];
  return (
    <section className="pane pane-ahead" aria-label={t("ahead.title")}>
      <header className="pane-head">
        <h2>{t("ahead.title")}</h2>
        {plan && <span className="muted">{t("ahead.window", { zone: zone() })}</span>}
      </header>
      <LazyMap places={places} visits={visits} posts={posts} units={units} />
      {alert && (
        <ol className="posts">
          {posts.slice(0, LISTED).map((post) => (
            <Expected key={post.checkpoint.checkpoint_id} post={post} />
          ))}
        </ol>
      )}
      {alert && plan && !posts.length && <p className="ahead-note muted">{t("ahead.none")}</p>}
      {problem && problem.status !== 403 && <p className="ahead-note muted">{t("ahead.failed")}</p>}
    </section>
  );
}

function Expected({ post }: { post: Post }) {
  const { t, percent } = useSpeech();
  const at = (iso: string) => clockText(new Date(iso), { seconds: false });
  return (
    <li className={`post post-${post.ring}`}>
      <span className="post-place">
        <Data>{post.checkpoint.name}</Data>
      </span>
      <span className="post-time" translate="no">
        {at(post.p50)}–{at(post.p90)}
      </span>
      <meter min={0} max={1} value={post.probability} aria-label={t("ahead.probability")} />
      <span className="post-probability">{percent(post.probability)}</span>
      <span className="post-unit">
        {post.proposed ? (
          <>
            {t("ahead.unit")} <Data>{post.proposed.name}</Data>{" "}
            <span translate="no">{at(post.proposed.arrives)}</span>
          </>
        ) : (
          <span className="muted">{t("ahead.nobody")}</span>
        )}
      </span>
    </li>
  );
}
