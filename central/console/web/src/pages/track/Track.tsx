// Where vehicles went (轨迹): asked for with a reason and a case number, and written down before it is answered.
import "../../styles/pages.css";
import "../../styles/desk.css";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useCheckpoints } from "../../api/checkpoints";
import { answer, api, asProblem, type Problem } from "../../api/client";
import type { Found, Passage } from "../../api/types";
import { useSpeech } from "../../base/language";
import { wholeText } from "../../base/time";
import { AntFrame } from "../../parts/AntFrame";
import { draftOf, keepDraft } from "../../parts/drafts";
import { handOver, onHandover, takeOver } from "../../parts/handover";
import { PlateChip } from "../../parts/Plate";
import { type Purpose, usePurpose } from "../../parts/Purpose";
import { SaveToCase } from "../../parts/SaveToCase";
import { Empty } from "../../parts/States";
import { Data } from "../../parts/Text";
import { Exports } from "./Exports";
import { blank, PAGE, type Question, questionOf, type Wanted, wanted } from "./question";
import { Results } from "./Results";
import { SearchForm } from "./SearchForm";
import { Vehicles } from "./Vehicles";

const NAME = "track";

interface Answered {
  asked: Wanted;
  newest: Found; // the page asked for last
  passages: Passage[]; // what was fetched so far, newest first
}

export default function Track() {
  const { t, number } = useSpeech();
  const places = useCheckpoints();
  const [typed, setTyped] = useState<Question>(() => draftOf<Question>(NAME) ?? blank());
  const [purpose, setPurpose] = usePurpose();
  const [found, setFound] = useState<Answered | null>(null);
  const [vehicle, setVehicle] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const asking = useRef(false);
  useEffect(() => keepDraft(NAME, typed), [typed]);

  const ask = useCallback(async (asked: Wanted, cursor: string | null, before: Passage[]) => {
    if (asking.current) return;
    asking.current = true;
    setBusy(true);
    setProblem(null);
    try {
      const newest = await answer(api.POST("/api/searches", { body: { ...asked, limit: PAGE, cursor } }));
      setFound({ asked, newest, passages: [...before, ...newest.passages] });
      if (cursor === null) setVehicle(asked.how === "exact" && newest.plate ? newest.plate : null);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      asking.current = false;
      setBusy(false);
    }
  }, []);

  // A plate that was clicked elsewhere, or a search of a saved case.
  useEffect(() => {
    const take = () => {
      const handed = takeOver(NAME);
      if (!handed) return;
      const question = questionOf(handed.asked);
      setTyped(question);
      setPurpose(handed.purpose);
      if (handed.now) void ask(wanted(question, handed.purpose), null, []);
    };
    take();
    return onHandover(take);
  }, [ask, setPurpose]);

  const follow = (plate: string) => {
    const question = narrowedTo(plate, typed);
    setTyped(question);
    void ask(wanted(question, purpose), null, []);
  };
  const shown = useMemo(() => {
    const all = found?.passages ?? [];
    return (vehicle === null ? all : all.filter((p) => p.plate?.text === vehicle)).slice().reverse();
  }, [found, vehicle]);
  const exact = found?.asked.how === "exact" && Boolean(found.newest.plate);
  return (
    <AntFrame>
      <div className="track">
        <SearchForm
          question={typed}
          change={setTyped}
          purpose={purpose}
          changePurpose={setPurpose}
          places={places}
          problem={problem}
          busy={busy}
          ask={() => void ask(wanted(typed, purpose), null, [])}
        />
        <div className="track-results" aria-live="polite" aria-busy={busy}>
          {problem?.kind === "beyond-reach" && <AskForGrant purpose={purpose} since={typed.since} />}
          {!found ? (
            <Empty what="track.nothing_asked" />
          ) : (
            <>
              <header className="track-head">
                {exact && (
                  <PlateChip
                    plate={{
                      text: found.newest.plate,
                      colour: found.passages[0]?.plate?.colour ?? "unknown",
                    }}
                    size="large"
                  />
                )}
                <div className="track-count">
                  <strong>
                    {t(found.newest.next ? "search.found.more" : "search.found", {
                      n: number(found.passages.length),
                    })}
                  </strong>
                  <span className="muted">
                    {t("track.audited")} <Data className="code">{found.newest.audit_id}</Data>
                  </span>
                </div>
                <div className="track-actions">
                  {found.passages.length > 0 && <Exports asked={found.asked} />}
                  <SaveToCase
                    key={found.newest.audit_id}
                    kind="search"
                    purpose={reasonOf(found.asked)}
                    asked={{ ...found.asked }}
                    name={found.newest.plate || t("search.by_conditions")}
                  />
                </div>
              </header>
              {found.newest.clipped_since && (
                <div className="notice notice-row">
                  <span>{t("track.clipped", { time: wholeText(found.newest.clipped_since) })}</span>
                  <GrantButton purpose={reasonOf(found.asked)} since={found.asked.since} />
                </div>
              )}
              {!exact && (
                <Vehicles
                  passages={found.passages}
                  candidates={found.newest.candidates}
                  chosen={vehicle}
                  choose={setVehicle}
                  follow={follow}
                />
              )}
              {shown.length ? (
                <Results
                  key={vehicle ?? ""}
                  passages={shown}
                  places={places}
                  vehicle={vehicle}
                  asked={found.asked}
                  follow={exact ? null : follow}
                />
              ) : (
                <Empty what="track.none" />
              )}
              {found.newest.next && (
                <button
                  className="button button-more"
                  type="button"
                  data-action="more"
                  aria-disabled={busy}
                  onClick={() => void ask(found.asked, found.newest.next, found.passages)}
                >
                  {t("track.more")}
                </button>
              )}
            </>
          )}
        </div>
      </div>
    </AntFrame>
  );
}

/** This very plate, of whatever class and colour, wherever it was; the time stays as it is. */
function narrowedTo(plate: string, { since, until }: Question): Question {
  return { ...blank(), since, until, plate };
}

function reasonOf(asked: Wanted): Purpose {
  return { reason: asked.reason, case_number: asked.case_number };
}

function AskForGrant({ purpose, since }: { purpose: Purpose; since: string | null }) {
  const { t } = useSpeech();
  return (
    <div className="notice notice-row">
      <span>{t("grants.why")}</span>
      <GrantButton purpose={purpose} since={since} />
    </div>
  );
}

function GrantButton({ purpose, since }: { purpose: Purpose; since: string | null }) {
  const { t } = useSpeech();
  return (
    <button
      className="button"
      type="button"
      data-action="ask-grant"
      onClick={() => handOver({ page: "grants", purpose, since })}
    >
      {t("grants.ask")}
    </button>
  );
}
