// How what an order asks for was changed, what is proposed now, and the second person's decision on it.
import { type SubmitEvent, useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import { useLoaded } from "../../api/load";
import type { Checkpoint, Order, Revision } from "../../api/types";
import { type Key, useSpeech } from "../../base/language";
import { useStore } from "../../base/store";
import { hasRole, session } from "../../api/session";
import { Complaint } from "../../parts/States";
import { Data, None, Person, Term, Time } from "../../parts/Text";

type Move = "accept" | "refuse" | "call_back";
type Request = Revision["request"];

const TOLD = [
  "priority",
  "reason",
  "case_number",
  "legal_basis",
  "contact",
  "danger_note",
  "instructions",
  "colour",
  "checkpoints",
  "directions",
  "valid_from",
  "valid_until",
] as const satisfies (keyof Request)[];

interface RevisionsProps {
  order: Order;
  places: Checkpoint[];
  moved: (order: Order) => void;
}

export function Revisions({ order, places, moved }: RevisionsProps) {
  const { t } = useSpeech();
  const params = { path: { order_id: order.order_id } };
  const { data, again } = useLoaded(order.order_id, () =>
    answer(api.GET("/api/orders/{order_id}/revisions", { params })).then(({ revisions }) => revisions),
  );
  // The first is the draft itself: that is what stands above.
  if (!data || data.length < 2) return null;
  const decided = async () => {
    again();
    moved(await answer(api.GET("/api/orders/{order_id}", { params })));
  };
  return (
    <>
      <h3>{t("revisions.title")}</h3>
      <ol className="history revisions">
        {data.slice(1).map((revision, index) => (
          <li key={revision.number} data-revision={revision.number}>
            <span className={`tag revision-${revision.state}`}>{t(`revision_state.${revision.state}`)}</span>{" "}
            <strong>{t(`revision_kind.${revision.kind}`)}</strong> <Time iso={revision.proposed_at} />{" "}
            {t("revisions.proposed_by")} <Person name={revision.proposer_name} username={revision.proposer} />
            {revision.decider && (
              <>
                {" "}
                {t("revisions.decided_by")} <Person name={revision.decider_name} username={revision.decider} />
              </>
            )}
            {[revision.why, revision.reason].filter(Boolean).map((words) => (
              <p key={words} className="history-words">
                <Data>{words}</Data>
              </p>
            ))}
            <Difference before={before(data, index + 1)} now={revision.request} places={places} />
            {revision.state === "proposed" && <Decide revision={revision} order={order} decided={decided} />}
          </li>
        ))}
      </ol>
    </>
  );
}

/** What held when this was proposed: the last before it that ever did. */
function before(all: Revision[], at: number): Request | null {
  const held = all.slice(0, at).filter(({ state }) => state === "current" || state === "superseded");
  return held.at(-1)?.request ?? null;
}

function Difference({
  before: was,
  now,
  places,
}: {
  before: Request | null;
  now: Request;
  places: Checkpoint[];
}) {
  const { t } = useSpeech();
  if (!was) return null;
  const changed = TOLD.filter((name) => JSON.stringify(was[name]) !== JSON.stringify(now[name]));
  return (
    <ul className="told">
      {changed.map((name) => {
        const key: Key = `field.${name}`;
        return (
          <li key={name}>
            <span className="muted">{t(key)}</span>{" "}
            <s>
              <Value name={name} of={was} places={places} />
            </s>{" "}
            <Value name={name} of={now} places={places} />
          </li>
        );
      })}
    </ul>
  );
}

function Value({ name, of, places }: { name: (typeof TOLD)[number]; of: Request; places: Checkpoint[] }) {
  const { t, word } = useSpeech();
  switch (name) {
    case "priority":
      return <>{t("priority.n", { n: of.priority })}</>;
    case "colour":
      return of.colour ? <Term group="colour" code={of.colour} /> : <>{t("any")}</>;
    case "checkpoints": {
      const named = of.checkpoints.map((id) => places.find((p) => p.checkpoint_id === id)?.name ?? id);
      return named.length ? <Data>{named.join(" · ")}</Data> : <>{t("everywhere")}</>;
    }
    case "directions":
      return <>{of.directions.map((d) => word("direction", d) ?? d).join(" · ") || t("any")}</>;
    case "valid_from":
    case "valid_until":
      return <Time iso={of[name]} />;
    default:
      return of[name] ? <Data>{of[name]}</Data> : <None />;
  }
}

interface DecideProps {
  revision: Revision;
  order: Order;
  decided: () => Promise<void>;
}

function Decide({ revision, order, decided }: DecideProps) {
  const { t } = useSpeech();
  const user = useStore(session);
  const [move, setMove] = useState<Move | null>(null);
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  if (!user) return null;
  const mine = revision.proposer === user.username;
  const moves: Move[] = [];
  if (!mine && hasRole(user, "approver")) moves.push("accept", "refuse");
  if (mine && hasRole(user, "applicant")) moves.push("call_back");
  const params = { path: { order_id: order.order_id, number: revision.number } };
  const at = "/api/orders/{order_id}/revisions/{number}" as const;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy || !move) return;
    setBusy(true);
    setProblem(null);
    try {
      await answer(
        move === "accept"
          ? api.POST(`${at}/accept`, { params })
          : move === "refuse"
            ? api.POST(`${at}/refuse`, { params, body: { reason: reason.trim() } })
            : api.POST(`${at}/call-back`, { params }),
      );
      setMove(null);
      await decided();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div className="row">
        {moves.map((each) => (
          <button
            key={each}
            className={`button button-small ${each === "accept" ? "step-good" : "step-bad"}`}
            type="button"
            data-revise={each}
            onClick={() => setMove(each)}
          >
            {t(`revision_move.${each}`)}
          </button>
        ))}
      </div>
      {move && (
        <form className="step-form" onSubmit={(event) => void submit(event)}>
          <label htmlFor="revision-reason">{t(`revision_move.${move}.ask`)}</label>
          {move === "refuse" && (
            <input
              id="revision-reason"
              type="text"
              required
              maxLength={500}
              autoComplete="off"
              value={reason}
              onChange={({ target }) => setReason(target.value)}
            />
          )}
          {problem && <Complaint problem={problem} />}
          <div className="row">
            <button
              className={`button ${move === "accept" ? "step-good" : "step-bad"}`}
              type="submit"
              aria-disabled={busy}
            >
              {t("confirm")}
            </button>
            <button className="button" type="button" onClick={() => setMove(null)}>
              {t("cancel")}
            </button>
          </div>
        </form>
      )}
    </>
  );
}
