// How traffic goes on the sections between checkpoints, what comes next, where to place officers.
import "../../styles/flow.css";
import "../../styles/pages.css";
import { useMemo } from "react";
import { useCheckpoints } from "../../api/checkpoints";
import { answer, api } from "../../api/client";
import { useLoaded } from "../../api/load";
import { useSpeech } from "../../base/language";
import { go } from "../../base/route";
import type { PageProps } from "../../pages";
import { LazyMap } from "../../parts/LazyMap";
import { Empty, Failed, Loading } from "../../parts/States";
import { Time } from "../../parts/Text";
import { BOUNDS, type FlowState, keyOf, stateOf, STATES } from "./flow";
import { Placement } from "./Placement";
import { Section } from "./Section";
import { Sections } from "./Sections";

const EVERY_MS = 60_000;

export default function Flow({ part }: PageProps) {
  const { t } = useSpeech();
  const places = useCheckpoints();
  const { data, problem, again } = useLoaded("flow", () => answer(api.GET("/api/flow/sections")), EVERY_MS);
  const open = data?.sections.find((section) => keyOf(section) === part) ?? data?.sections[0];
  const choose = (key: string) => go("flow", key);
  const drawn = useMemo(
    () =>
      (data?.sections ?? []).map((section) => ({
        key: keyOf(section),
        start: section.start.checkpoint_id,
        end: section.end.checkpoint_id,
        state: stateOf(section.congestion),
        chosen: open !== undefined && keyOf(section) === keyOf(open),
      })),
    [data, open],
  );
  return (
    <div className="flow">
      <section className="pane flow-list" aria-label={t("flow.sections")}>
        <header className="pane-head">
          <h1>{t("page.flow")}</h1>
          {data && (
            <span className="muted">
              {t("flow.as_of")} <Time iso={data.as_of} date={false} />
            </span>
          )}
        </header>
        <div className="pane-body">
          {problem && <Failed problem={problem} again={again} />}
          {!data && !problem && <Loading />}
          {data && !data.sections.length && <Empty what="flow.none" />}
          {open && data && <Sections sections={data.sections} open={keyOf(open)} choose={choose} />}
          {data && data.sections.length > 0 && <p className="hint flow-hint">{t("flow.hour.note")}</p>}
        </div>
      </section>
      <section className="pane flow-main" aria-label={t("flow.map")}>
        <div className="flow-map">
          <LazyMap places={places} sections={drawn} pick={choose} title="flow.map" note="flow.map.note" />
          <Legend />
        </div>
        {open && data && <Section key={keyOf(open)} section={open} fewest={data.fewest} />}
      </section>
      <Placement choose={choose} />
    </div>
  );
}

function Legend() {
  const { t } = useSpeech();
  const from = (state: FlowState) => {
    if (state === "slow" || state === "jammed" || state === "blocked") {
      return t("flow.from", { n: BOUNDS[state] });
    }
    return null;
  };
  return (
    <ul className="flow-legend" aria-label={t("flow.legend")}>
      {STATES.map((state) => (
        <li key={state} className={`flow-state flow-${state}`}>
          <i aria-hidden="true" />
          {t(`flow_state.${state}`)}
          {from(state) && <span className="muted"> {from(state)}</span>}
        </li>
      ))}
    </ul>
  );
}
