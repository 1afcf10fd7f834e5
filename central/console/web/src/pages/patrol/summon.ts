// A dispatch while the phone is in the pocket: it shakes, and says so beside what else it says. No plate: a locked
// screen is read by whoever is near.
import { settings } from "../../base/settings";
import { offered } from "../../live/notices";

export function summon(text: string, tag: string): void {
  if ("vibrate" in navigator) navigator.vibrate([300, 150, 300, 150, 600]);
  if (!offered || !settings.get().notices || !document.hidden || Notification.permission !== "granted") return;
  // On a phone only the worker may show one.
  void navigator.serviceWorker.ready.then((worker) =>
    worker.showNotification(text, { tag, requireInteraction: true }),
  );
}
