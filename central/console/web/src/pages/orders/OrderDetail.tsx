// One order: what it asks, where it stands, who did what, and what this user may do now.
import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import type { Checkpoint, Order } from "../../api/types";
import { type Key, useSpeech } from "../../base/language";
import { Facts } from "../../parts/Facts";
import { orderPlate, PlateChip } from "../../parts/Plate";
import { Complaint } from "../../parts/States";
import { Data, Person, Term, Time } from "../../parts/Text";
import { EstimateOf } from "./Estimate";
import { Revisions } from "./Revisions";

type Move = "submit" | "emergency" | "approve" | "reject" | "withdraw";

const TONES: Record<Move, "good" | "bad"> = {
  submit: "good",
  emergency: "bad",
  approve: "good",
  reject: "bad",
  withdraw: "bad",
};

const isMove = (move: string): move is Move => move in TONES;

function call(order: Order, move: Move, reason: string): Promise<Order> {
  const params = { path: { order_id: order.order_id } };
  const body = { reason };
  switch (move) {
    case "submit":
      return answer(api.POST("/api/orders/{order_id}/submit", { params }));
    case "approve":
      return answer(api.POST("/api/orders/{order_id}/approve", { params }));
    case "emergency":
      return answer(api.POST("/api/orders/{order_id}/emergency", { params, body }));
    case "reject":
      return answer(api.POST("/api/orders/{order_id}/reject", { params, body }));
    case "withdraw":
      return answer(api.POST("/api/orders/{order_id}/withdraw", { params, body }));
  }
}

interface OrderDetailProps {
  order: Order;
  places: Checkpoint[];
  /** Is given the order after a move. */
  moved: (order: Order) => void;
}

export function OrderDetail({ order, places, moved }: OrderDetailProps) {
  const { t, word } = useSpeech();
  const [asking, setAsking] = useState<Move | null>(null);
  const nameOf = (id: string) => places.find((p) => p.checkpoint_id === id)?.name ?? id;
  const moves = order.may.filter(isMove);
  const asked = asking && moves.includes(asking) ? asking : null; // a colleague may have been first
  return (
    <article className="order-detail" data-order={order.order_id}>
      {order.danger_note && (
        <div className="danger" role="note">
          <strong>{t("danger.title")}</strong>
          <Data>{order.danger_note}</Data>
        </div>
      )}
      <header className="order-head">
        <PlateChip plate={orderPlate(order)} size="large" />
        <span className={`tag order-${order.state}`}>{t(`order_state.${order.state}`)}</span>
        <span className={`priority priority-${order.priority}`}>{t("priority.n", { n: order.priority })}</span>
      </header>
      {moves.length > 0 && (
        <div className="row">
          {moves.map((move) => (
            <button
              key={move}
              className={`button step-${TONES[move]}`}
              type="button"
              data-move={move}
              onClick={() => setAsking(move)}
            >
              {t(`order_move.${move}`)}
            </button>
          ))}
        </div>
      )}
      {asked && <MoveForm key={asked} order={order} move={asked} moved={moved} close={() => setAsking(null)} />}
      <EstimateOf order={order} />
      <Facts
        of={[
          ["field.reason", <Data>{order.reason}</Data>],
          ["field.case_number", <Data>{order.case_number}</Data>],
          ["field.legal_basis", <Data>{order.legal_basis}</Data>],
          ["field.contact", <Data>{order.contact}</Data>],
          ["field.instructions", order.instructions && <Data>{order.instructions}</Data>],
          ["field.plate_class", order.plate_class ? <Term group="class" code={order.plate_class} /> : t("any")],
          ["field.colour", order.colour ? <Term group="colour" code={order.colour} /> : t("any")],
          [
            "field.checkpoints",
            order.checkpoints.length ? (
              <Data>{order.checkpoints.map(nameOf).join(" · ")}</Data>
            ) : (
              !order.areas.length && t("everywhere")
            ),
          ],
          ["field.directions", order.directions.map((d) => word("direction", d) ?? d).join(" · ") || t("any")],
          ["field.valid_from", order.valid_from ? <Time iso={order.valid_from} /> : t("orders.from_approval")],
          ["field.valid_until", <Time iso={order.valid_until} />],
          ["field.applicant", <Person name={order.applicant_name} username={order.applicant} />],
          ["field.approver", order.approver && <Person name={order.approver_name} username={order.approver} />],
          ["field.order_id", <Data className="code">{order.order_id}</Data>],
        ]}
      />
      <Revisions key={order.version} order={order} places={places} moved={moved} />
      <h3>{t("orders.history")}</h3>
      <ol className="history">
        <li>
          <Time iso={order.created_at} /> <strong>{t("order_state.draft")}</strong>{" "}
          <Person name={order.applicant_name} username={order.applicant} />
        </li>
        {order.history.map((step, index) => (
          <li key={index}>
            <Time iso={step.at} /> <strong>{t(`order_state.${step.to}` as Key)}</strong>{" "}
            {step.user === "(clock)" ? (
              <span className="muted">{t("orders.clock")}</span>
            ) : (
              <Person name={step.name} username={step.user} />
            )}
            {step.reason && (
              <p className="history-words">
                <Data>{step.reason}</Data>
              </p>
            )}
          </li>
        ))}
      </ol>
    </article>
  );
}

const NEEDS_REASON: ReadonlySet<Move> = new Set(["reject", "withdraw", "emergency"]);

interface MoveFormProps {
  order: Order;
  move: Move;
  moved: (order: Order) => void;
  close: () => void;
}

function MoveForm({ order, move, moved, close }: MoveFormProps) {
  const { t } = useSpeech();
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>("input, button")?.focus(), []);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const after = await call(order, move, reason.trim());
      close();
      moved(after);
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  return (
    <form ref={form} className="step-form" onSubmit={(event) => void submit(event)}>
      <p>{t(`order_move.${move}.ask`)}</p>
      {NEEDS_REASON.has(move) && (
        <>
          <label htmlFor="move-reason">{t("field.reason")}</label>
          <input
            id="move-reason"
            type="text"
            required
            maxLength={500}
            autoComplete="off"
            value={reason}
            onChange={({ target }) => setReason(target.value)}
          />
        </>
      )}
      {problem && <Complaint problem={problem} />}
      <div className="row">
        <button className={`button step-${TONES[move]}`} type="submit" aria-disabled={busy}>
          {t("confirm")}
        </button>
        <button className="button" type="button" onClick={close}>
          {t("cancel")}
        </button>
      </div>
    </form>
  );
}
