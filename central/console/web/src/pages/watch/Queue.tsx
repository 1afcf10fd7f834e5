// The queue of alerts, most urgent first. A row is drawn anew only when its alert changed: a burst must not slow the
// page.
import { type KeyboardEvent, memo, useLayoutEffect, useRef } from "react";
import type { Alert } from "../../api/types";
import { useSpeech } from "../../base/language";
import type { Desk, Escalation } from "../../live/desk";
import { afterPaint, painted } from "../../live/latency";
import { PlateCrop } from "../../parts/Evidence";
import { orderPlate, PlateChip } from "../../parts/Plate";
import { Age, Data, Lane, Term, Time } from "../../parts/Text";
import { Countdown } from "./Countdown";

interface QueueProps {
  alerts: Alert[];
  selected: string | null;
  rules: Escalation | null;
  desk: Desk;
  choose: (alertId: string) => void;
}

export function Queue({ alerts, selected, rules, desk, choose }: QueueProps) {
  const { t } = useSpeech();
  const list = useRef<HTMLOListElement>(null);
  useMeasured(alerts, desk);
  const walk = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = neighbour(alerts, selected, by);
    if (next === null) return;
    choose(next);
    list.current?.querySelector<HTMLElement>(`[data-alert="${next}"] .queue-row`)?.focus();
  };
  return (
    <ol className="queue" ref={list} aria-label={t("alerts.title")} onKeyDown={walk}>
      {alerts.map((alert, at) => (
        <Row
          key={alert.alert_id}
          alert={alert}
          current={alert.alert_id === selected}
          reachable={alert.alert_id === selected || (selected === null && at === 0)}
          rules={rules}
          choose={choose}
        />
      ))}
    </ol>
  );
}

/** The alert so many rows away. */
export function neighbour(alerts: Alert[], selected: string | null, by: number): string | null {
  const at = alerts.findIndex(({ alert_id }) => alert_id === selected);
  return alerts[Math.min(alerts.length - 1, Math.max(0, at + by))]?.alert_id ?? null;
}

interface RowProps {
  alert: Alert;
  current: boolean;
  reachable: boolean;
  rules: Escalation | null;
  choose: (alertId: string) => void;
}

const Row = memo(function Row({ alert, current, reachable, rules, choose }: RowProps) {
  const { t } = useSpeech();
  const { passage, order } = alert;
  return (
    <li
      className={`queue-item priority-${alert.priority}`}
      data-alert={alert.alert_id}
      data-state={alert.state}
    >
      <button
        className="queue-row"
        type="button"
        tabIndex={reachable ? 0 : -1}
        aria-current={current}
        onClick={() => choose(alert.alert_id)}
      >
        <span className="queue-top">
          <span className="priority">{t("priority.short", { n: alert.priority })}</span>
          <PlateChip plate={passage.plate ?? orderPlate(order)} size="medium" />
          <Age iso={alert.raised_at} className="queue-age" />
        </span>
        <span className="queue-place">
          <Data>{passage.checkpoint.name}</Data> <Lane {...passage} className="muted" />
        </span>
        <span className="queue-reason">
          {order.danger_note && <span className="danger-mark">{t("danger.mark")}</span>}
          <Data>{order.reason}</Data>
        </span>
        <span className="queue-foot">
          <span className="queue-state">
            <span className={`tag state-${alert.state}`}>{t(`alert_state.${alert.state}`)}</span>
          </span>
          {alert.tier !== "exact" && (
            <span className={`tag tier-${alert.tier}`}>
              <Term group="tier" code={alert.tier} />
            </span>
          )}
          <Countdown alert={alert} rules={rules} />
          <Time iso={passage.captured_at} date={false} />
        </span>
      </button>
      <div className="queue-crop">
        <PlateCrop passage={passage} />
      </div>
    </li>
  );
});

/** Note when an alert that came live is on the screen. */
function useMeasured(alerts: Alert[], desk: Desk): void {
  useLayoutEffect(() => {
    const fresh = alerts.filter(({ alert_id }) => desk.received.has(alert_id));
    if (!fresh.length) return;
    const waiting = fresh.map((alert) => [alert, desk.received.get(alert.alert_id) ?? 0] as const);
    for (const [{ alert_id }] of waiting) desk.received.delete(alert_id);
    afterPaint(() => {
      for (const [alert, at] of waiting) painted(alert, at);
    });
  }, [alerts, desk]);
}
