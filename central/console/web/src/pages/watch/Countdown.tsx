// The clock that runs until an alert is escalated, since nobody has signed off.
import type { Alert } from "../../api/types";
import { useSpeech } from "../../base/language";
import { useNow } from "../../base/tick";
import { spanText } from "../../base/time";
import type { Escalation } from "../../live/desk";
import { dueOf } from "./escalation";

const NEAR = 0.34; // of the time is left

export function Countdown({ alert, rules }: { alert: Alert; rules: Escalation | null }) {
  const { t } = useSpeech();
  const now = useNow();
  const due = dueOf(alert, rules);
  if (!due) {
    return alert.escalations > 0 ? (
      <span className="countdown countdown-near">{t("escalation.was", { n: alert.escalations })}</span>
    ) : null;
  }
  const left = due.at - now;
  const state = left <= 0 ? "over" : left <= NEAR * (due.at - due.since) ? "near" : "far";
  return (
    <span className={`countdown countdown-${state}`} title={t("escalation.hint")}>
      {left <= 0 ? t("escalation.over") : t("escalation.left", { time: spanText(left) })}
    </span>
  );
}
