// What an order would have hit in the last days: who asks and who approves see what they would let loose.
import { useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import type { Estimate, Order } from "../../api/types";
import { useSpeech } from "../../base/language";
import { Complaint } from "../../parts/States";

/** An order's own estimate, asked for by whoever decides on it: asking is written down. */
export function EstimateOf({ order }: { order: Order }) {
  if (!["draft", "submitted", "emergency"].includes(order.state)) return null;
  const params = { path: { order_id: order.order_id } };
  return <EstimateButton ask={() => answer(api.GET("/api/orders/{order_id}/estimate", { params }))} />;
}

/** `ask` is given null where what there is can't be estimated yet. */
export function EstimateButton({ ask }: { ask: () => Promise<Estimate> | null }) {
  const { t } = useSpeech();
  const [found, setFound] = useState<Estimate | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async () => {
    const asked = ask();
    if (!asked || busy) return;
    setBusy(true);
    setProblem(null);
    try {
      setFound(await asked);
    } catch (error) {
      setFound(null);
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="estimate">
      <button
        className="button"
        type="button"
        data-action="estimate"
        aria-disabled={busy}
        onClick={() => void go()}
      >
        {t("estimate.ask")}
      </button>
      {found && <Shown estimate={found} />}
      {problem && (problem.status === 403 ? null : <Complaint problem={problem} />)}
    </div>
  );
}

function Shown({ estimate: { passages, days, complete } }: { estimate: Estimate }) {
  const { t, number } = useSpeech();
  const most = Math.max(1, ...days);
  const values = { n: number(passages), days: days.length };
  return (
    <figure className="estimate-figure">
      <figcaption>
        <strong>{t("estimate.found", values)}</strong> {!complete && t("estimate.partly")}
      </figcaption>
      <ol className="bars" aria-label={t("estimate.days")}>
        {[...days].reverse().map((count, at) => (
          <li key={at}>
            <svg viewBox="0 0 20 40" aria-hidden="true">
              <rect x="2" width="16" y={40 - (36 * count) / most} height={(36 * count) / most} rx="2" />
            </svg>
            <span translate="no">{count}</span>
          </li>
        ))}
      </ol>
    </figure>
  );
}
