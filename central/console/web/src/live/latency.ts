// How long an alert took to get here: for the tests and the demo, read from the page's console.
import type { Alert } from "../api/types";

const KEPT = 500;

interface Latency {
  alert_id: string;
  captured_to_painted_ms: number;
  event_to_painted_ms: number;
}

declare global {
  interface Window {
    bukong: { latencies: Latency[] };
  }
}

window.bukong = { latencies: [] };

/** An alert was painted: remember capture → paint and live event → paint, in milliseconds. */
export function painted({ alert_id, passage }: Alert, receivedAt: number): void {
  window.bukong.latencies.push({
    alert_id,
    captured_to_painted_ms: Date.now() - Date.parse(passage.captured_at),
    event_to_painted_ms: performance.now() - receivedAt,
  });
  if (window.bukong.latencies.length > KEPT) window.bukong.latencies.shift();
}

/** Run once the next frame is on the screen: a task queued in a frame's callback runs after its painting. */
export function afterPaint(work: () => void): void {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = work;
    channel.port2.postMessage(null);
  });
}
