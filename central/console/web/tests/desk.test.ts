// The desk against a server that is only a socket and answers: order, races, gaps, and one drawing a frame.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Desk } from "../src/live/desk";
import { withGaps } from "../src/pages/watch/Passages";
import { alert, passage } from "./factories";

class Socket {
  static made: Socket[] = [];
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor(readonly url: string) {
    Socket.made.push(this);
  }
  close() {
    // nothing is connected
  }
  say(...messages: object[]) {
    for (const message of messages) this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const answers: Record<string, object> = {
  "/api/alerts": { alerts: [], escalation: { after_s: [60, 120, 300, 900], most: 3 } },
  "/api/passages": { passages: [] },
  "/api/statistics": { open_alerts: 0 },
};
let desk: Desk;
const socket = () => {
  const newest = Socket.made.at(-1);
  if (!newest) throw new Error("expected the desk to have opened a socket");
  return newest;
};
const ids = () => desk.alerts({ open: true }).map(({ alert_id }) => alert_id);
const event = (id: number, data: object, kind = "alert") => ({ id, kind, at: "", data });

beforeEach(() => {
  vi.useFakeTimers();
  Socket.made = [];
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("requestAnimationFrame", (work: () => void) => setTimeout(work, 16));
  vi.stubGlobal(
    "fetch",
    vi.fn((request: Request) => Promise.resolve(Response.json(answers[new URL(request.url).pathname]))),
  );
  desk = new Desk({ watching: true });
  desk.start();
  socket().say({ kind: "hello", newest: 10, oldest: 1, gap: false }, { kind: "caught_up", newest: 10 });
});

afterEach(() => {
  desk.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("puts the most urgent first, then the latest", () => {
  socket().say(
    event(11, alert({ alert_id: "old", priority: 1, raised_at: "2026-03-01T04:00:00Z" })),
    event(12, alert({ alert_id: "low", priority: 4 })),
    event(13, alert({ alert_id: "new", priority: 1, raised_at: "2026-03-01T04:05:00Z" })),
  );
  expect(ids()).toEqual(["new", "old", "low"]);
});

it("lets no older version undo a newer one", () => {
  socket().say(
    event(11, alert({ version: 3, state: "signed_off" })),
    event(12, alert({ version: 2, state: "verified" })),
  );
  expect(desk.alert("a-1")?.state).toBe("signed_off");
});

it("draws once a frame, however much came", () => {
  const told = vi.fn();
  desk.follow("alerts", told);
  vi.advanceTimersByTime(400);
  told.mockClear();
  socket().say(...Array.from({ length: 1000 }, (_, n) => event(20 + n, alert({ alert_id: `a-${String(n)}` }))));
  expect(told).not.toHaveBeenCalled();
  vi.advanceTimersByTime(16);
  expect(told).toHaveBeenCalledTimes(1);
});

it("resumes behind the last event it saw, and says what it missed", () => {
  const resumed = vi.fn();
  desk.listen({ resumed });
  socket().say(event(42, alert()));
  socket().onclose?.({ code: 1006 });
  expect(desk.link.state).toBe("lost");
  vi.advanceTimersByTime(1000);
  expect(socket().url).toMatch(/after=42$/);
  socket().say({ kind: "hello", newest: 44, oldest: 1, gap: false }, event(43, alert({ alert_id: "missed" })));
  expect(resumed).not.toHaveBeenCalled();
  socket().say({ kind: "caught_up", newest: 44 });
  expect(resumed).toHaveBeenCalledTimes(1);
  expect(desk.gaps[0]).toMatchObject({ missed: 1, gap: false });
  expect(ids()).toContain("missed");
});

it("says so where not all could be caught up with", () => {
  socket().say(event(42, alert()));
  socket().onclose?.({ code: 1006 });
  vi.advanceTimersByTime(1000);
  socket().say({ kind: "hello", newest: 5, oldest: 1, gap: false }, { kind: "caught_up", newest: 5 });
  expect(desk.gaps[0]?.gap).toBe(true);
});

it("marks a gap above the first passage from before it", () => {
  const gap = { lostAt: new Date("2026-03-01T04:00:00Z"), resumedAt: new Date(), missed: 0, gap: true };
  const later = passage({ passage_id: "p-2", captured_at: "2026-03-01T04:10:00Z" });
  expect(withGaps([later, passage()], [gap])).toEqual([later, gap, passage()]);
});
