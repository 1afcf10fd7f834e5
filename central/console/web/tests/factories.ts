// Alerts and passages as the centre would send them.
import type { Alert, Passage } from "../src/api/types";

export function passage(change: Partial<Passage> = {}): Passage {
  return {
    passage_id: "p-1",
    node_id: "edge-1",
    checkpoint: { checkpoint_id: "cp-1", name: "汇东路口" },
    camera_id: "cam-1",
    lane: 2,
    direction: "inbound",
    captured_at: "2026-03-01T03:59:59Z",
    clock: "synced",
    plate: null,
    unread_reason: "",
    speed_kmh: null,
    vehicle_box: null,
    plate_box: null,
    evidence: { scene: null, vehicle: null, plate: null },
    ...change,
  };
}

export function alert(change: Partial<Alert> = {}): Alert {
  return {
    alert_id: "a-1",
    version: 1,
    state: "raised",
    raised_at: "2026-03-01T04:00:00Z",
    tier: "exact",
    score: 1,
    differences: "",
    site_alarm_at: null,
    priority: 2,
    order: {
      order_id: "o-1",
      plate: "川C12345",
      plate_display: "川C·12345",
      plate_class: null,
      colour: null,
      priority: 2,
      reason: "肇事逃逸",
      case_number: "川公交[2026]0001号",
      contact: "110",
      danger_note: "",
      instructions: "",
    },
    passage: passage(),
    passages: [],
    passage_count: 1,
    elsewhere: 0,
    checkpoint_ids: ["cp-1"],
    watchlist_version: 1,
    retro: false,
    owner: "",
    owner_name: "",
    offer: null,
    escalations: 0,
    steps: [],
    seen_before: null,
    may: ["verify", "sign_off"],
    may_verdicts: ["correct", "misread", "cannot_tell"],
    ...change,
  };
}
