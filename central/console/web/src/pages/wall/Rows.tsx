// The most urgent alerts, as large as a room needs them.
import type { Alert } from "../../api/types";
import { useSpeech } from "../../base/language";
import type { Escalation } from "../../live/desk";
import { orderPlate, PlateChip } from "../../parts/Plate";
import { Age, Data } from "../../parts/Text";
import { Countdown } from "../watch/Countdown";

interface RowsProps {
  alerts: Alert[];
  /** Whether plates are shown; not while there are visitors. */
  plates: boolean;
  rules: Escalation | null;
}

export function Rows({ alerts, plates, rules }: RowsProps) {
  const { t } = useSpeech();
  return (
    <ol className="wall-rows">
      {alerts.map((alert) => {
        const plate = alert.passage.plate ?? orderPlate(alert.order);
        return (
          <li
            key={alert.alert_id}
            className={`wall-row priority-${alert.priority}`}
            data-alert={alert.alert_id}
          >
            <span className="wall-priority">{alert.priority}</span>
            <PlateChip plate={plates ? plate : { ...plate, text: covered(plate.text) }} size="large" />
            <span className="wall-place">
              <Data>{alert.passage.checkpoint.name}</Data>
            </span>
            <span className="wall-state">
              <span className={`tag state-${alert.state}`}>{t(`alert_state.${alert.state}`)}</span>
              <Countdown alert={alert} rules={rules} />
            </span>
            <Age iso={alert.raised_at} className="wall-age" />
          </li>
        );
      })}
    </ol>
  );
}

/** The region stays, so that two rows can be told apart; whose it is does not. */
export function covered(text: string): string {
  return `${text.slice(0, 2)}${"•".repeat(Math.max(0, [...text].length - 2))}`;
}
