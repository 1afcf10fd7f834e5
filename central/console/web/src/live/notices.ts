// Desktop notifications of urgent alerts, while the page is behind others. Off until the user asks for them.
import type { Alert } from "../api/types";
import { speaking } from "../base/language";
import { choose, settings } from "../base/settings";
import { select } from "./place";

/** Whether this browser has them at all; without HTTPS it hasn't, except on the machine itself. */
export const offered = "Notification" in globalThis && isSecureContext;

/** Switch them on or off; asks the browser's permission the first time. */
export async function switchNotices(on: boolean): Promise<void> {
  choose("notices", on && (await Notification.requestPermission()) === "granted");
}

/** Show an alert outside of the page. It tells no more than a passer-by may read: no reason, no case. */
export function notify(alert: Alert): void {
  if (!offered || !settings.get().notices || !document.hidden || Notification.permission !== "granted") return;
  const { t } = speaking();
  const notice = new Notification(t("notice.title", { n: alert.priority, plate: alert.order.plate_display }), {
    body: alert.passage.checkpoint.name,
    tag: alert.alert_id,
    requireInteraction: alert.priority === 1,
  });
  notice.onclick = () => {
    window.focus();
    select(alert.alert_id);
    location.hash = "#/watch";
    notice.close();
  };
}
