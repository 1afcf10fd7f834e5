// The queue of a phone's steps: in order, once, kept until the server has them or has said why not.
import { afterEach, describe, expect, it, vi } from "vitest";
import { Problem } from "../src/api/client";
import type { Dispatch } from "../src/api/types";
import { movesLeft } from "../src/pages/patrol/moves";
import { Outbox, send, type Send } from "../src/phone/outbox";
import { type CrewMove, type Queued, StepStore } from "../src/phone/store";

const step = (name: CrewMove, alert = "a-1") => ({
  alert_id: alert,
  plate: "川C·12345",
  step: name,
  note: "",
  identity_checked: null,
  photos: [],
});

const said = (entries: Queued[]) => entries.map(({ step: name }) => name);

function outbox(how: Send, store = new StepStore(), username = "driver") {
  const sent: Dispatch[] = [];
  const made = new Outbox(username, (dispatch) => sent.push(dispatch), store, how);
  made.start();
  return { made, sent };
}

/** A browser's database, as far as it is used here, that takes no more than so many steps. */
function database(room: number): Map<number, Queued> {
  const kept = new Map<number, Queued>();
  let next = 1;
  const transaction = () => {
    const made: Record<string, unknown> = { error: null };
    const ends = (result: unknown, fails = false) => {
      const request: Record<string, unknown> = { result, error: fails ? new Error("full") : null };
      queueMicrotask(() => {
        (request[fails ? "onerror" : "onsuccess"] as undefined | (() => void))?.();
        (made[fails ? "onabort" : "oncomplete"] as undefined | (() => void))?.();
      });
      return request;
    };
    made.objectStore = () => ({
      getAll: () => ends([...kept.values()]),
      add(draft: Queued) {
        if (kept.size >= room) return ends(undefined, true);
        kept.set(next, { ...draft, id: next });
        return ends(next++);
      },
      put(entry: Queued) {
        if (kept.size >= room) return ends(undefined, true);
        kept.set(entry.id, entry);
        return ends(entry.id);
      },
      delete: (id: number) => ends(void kept.delete(id)),
    });
    return made;
  };
  const open = () => {
    const request: Record<string, unknown> = { result: { transaction, close: () => undefined } };
    queueMicrotask(() => (request.onsuccess as () => void)());
    return request;
  };
  vi.stubGlobal("indexedDB", { open });
  return kept;
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the queue of steps", () => {
  it("sends in order, each once, and forgets what was sent", async () => {
    const heard: Queued[] = [];
    const { made } = outbox((entry) => {
      heard.push(entry);
      return Promise.resolve({} as Dispatch);
    });
    await made.put(step("under_way"));
    await made.put(step("on_scene"));
    await vi.waitFor(() => expect(made.entries.get()).toEqual([]));
    expect(said(heard)).toEqual(["under_way", "on_scene"]);
    expect(new Set(heard.map(({ key }) => key)).size).toBe(2);
    expect(heard.every(({ made_at }) => Date.parse(made_at) <= Date.now())).toBe(true);
  });

  it("keeps all while there is no link, and goes on when it is back, with the same key", async () => {
    let link = false;
    const keys: string[] = [];
    const { made } = outbox((entry) => {
      keys.push(entry.key);
      return link ? Promise.resolve({} as Dispatch) : Promise.reject(new Problem(0));
    });
    await made.put(step("under_way"));
    await made.put(step("on_scene"));
    await vi.waitFor(() => expect(keys.length).toBeGreaterThan(0));
    expect(said(made.entries.get())).toEqual(["under_way", "on_scene"]);
    const first = made.entries.get()[0]?.key;
    link = true;
    dispatchEvent(new Event("online"));
    await vi.waitFor(() => expect(made.entries.get()).toEqual([]));
    expect(keys.filter((key) => key === first).length).toBeGreaterThan(1);
    made.stop();
  });

  it("shows what was refused with the reason, and sends what comes after it", async () => {
    const { made } = outbox(({ step: name }) =>
      name === "missed"
        ? Promise.reject(new Problem(409, { type: "urn:x:illegal-step", detail: "too late" }))
        : Promise.resolve({} as Dispatch),
    );
    await made.put(step("missed"));
    await made.put(step("on_scene", "a-2"));
    await vi.waitFor(() => expect(said(made.entries.get())).toEqual(["missed"]));
    const [entry] = made.entries.get();
    await vi.waitFor(() =>
      expect(made.entries.get()[0]?.refused).toEqual({ status: 409, kind: "illegal-step", detail: "too late" }),
    );
    if (entry) await made.drop(entry);
    expect(made.entries.get()).toEqual([]);
  });

  it("never sends another person's, and keeps them", async () => {
    const store = new StepStore();
    const heard: string[] = [];
    const first = outbox(() => Promise.reject(new Problem(0)), store, "driver");
    await first.made.put(step("under_way"));
    first.made.stop();
    const second = outbox(
      (entry) => {
        heard.push(entry.username);
        return Promise.resolve({} as Dispatch);
      },
      store,
      "second",
    );
    await second.made.put(step("on_scene"));
    await vi.waitFor(() => expect(second.made.entries.get()).toEqual([]));
    expect(heard).toEqual(["second"]);
    expect((await store.all()).map(({ username }) => username)).toEqual(["driver"]);
  });

  it("keeps in memory what a full phone has no room for, and sends it in order", async () => {
    const kept = database(1);
    let link = false;
    const heard: CrewMove[] = [];
    const { made } = outbox(({ step: name }) => {
      if (!link) return Promise.reject(new Problem(0));
      heard.push(name);
      return name === "on_scene" ? Promise.reject(new Problem(409)) : Promise.resolve({} as Dispatch);
    });
    await made.put(step("under_way"));
    expect(made.durable).toBe(true);
    await made.put(step("on_scene"));
    await made.put(step("missed"));
    expect(said(made.entries.get())).toEqual(["under_way", "on_scene", "missed"]);
    expect([kept.size, made.durable]).toEqual([1, false]);
    link = true;
    dispatchEvent(new Event("online"));
    await vi.waitFor(() => expect(said(made.entries.get())).toEqual(["on_scene"]));
    expect(heard).toEqual(["under_way", "on_scene", "missed"]);
    expect(made.entries.get()[0]?.refused?.status).toBe(409);
    made.stop();
  });

  it("stops in the middle of a step when somebody leaves: the rest of it would go out under the next name", async () => {
    const asked: string[] = [];
    const answers: ((answer: Response) => void)[] = [];
    vi.stubGlobal("fetch", (request: Request) => {
      if (request.signal.aborted) return Promise.reject(new Error("aborted"));
      asked.push(new URL(request.url).pathname.split("/").at(-1) ?? "");
      return new Promise((done) => answers.push(done));
    });
    const store = new StepStore();
    const { made, sent } = outbox(send, store);
    await made.put({ ...step("feedback"), photos: [new Blob(["a"]), new Blob(["b"])] });
    await vi.waitFor(() => expect(asked).toEqual(["photos"]));
    made.stop();
    answers[0]?.(Response.json({ sha256: "1" }));
    await vi.waitFor(async () => expect(said(await store.all())).toEqual(["feedback"]));
    await new Promise((done) => setTimeout(done, 50));
    expect(asked).toEqual(["photos"]);
    expect(sent).toEqual([]);
  });

  it("tries again where no answer ever comes", async () => {
    vi.useFakeTimers();
    let tries = 0;
    const { made } = outbox((_, signal) => {
      tries += 1;
      if (tries > 1) return Promise.resolve({} as Dispatch);
      return new Promise((_done, failed) => {
        signal.addEventListener("abort", () => failed(new Problem(0)));
      });
    });
    await made.put(step("under_way"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tries).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tries).toBe(2);
    expect(made.entries.get()).toEqual([]);
    made.stop();
  });

  it("waits for a new session without losing anything", async () => {
    const how = vi.fn<Send>(() => Promise.reject(new Problem(401)));
    const { made } = outbox(how);
    await made.put(step("under_way"));
    await vi.waitFor(() => expect(how).toHaveBeenCalled());
    await new Promise((done) => setTimeout(done, 50));
    expect(made.entries.get().map(({ step: name, refused }) => [name, refused])).toEqual([["under_way", null]]);
    expect(how).toHaveBeenCalledTimes(1);
    made.stop();
  });

  it("takes a step where the page came without HTTPS", async () => {
    vi.stubGlobal("crypto", {
      getRandomValues: (bytes: Uint8Array) => bytes.fill(171),
    });
    const { made } = outbox(() => Promise.reject(new Problem(0)));
    await made.put(step("under_way"));
    expect(made.entries.get()[0]?.key).toMatch(/^[a-z0-9-]{20,64}$/);
    made.stop();
  });
});

describe("what may still be said", () => {
  const dispatch = (may: Dispatch["may"], steps: Dispatch["steps"] = []) =>
    ({ may, steps }) as unknown as Dispatch;
  const waiting = (...names: CrewMove[]) => names.map((name) => step(name) as unknown as Queued);

  it("counts what is not sent yet", () => {
    const open = dispatch(["under_way", "on_scene", "intercepted", "missed"]);
    expect(movesLeft(open, [])).toEqual(["under_way", "on_scene", "intercepted", "missed"]);
    expect(movesLeft(open, waiting("under_way"))).toEqual(["on_scene", "intercepted", "missed"]);
    expect(movesLeft(open, waiting("on_scene"))).toEqual(["intercepted", "missed"]);
    expect(movesLeft(open, waiting("intercepted"))).toEqual(["feedback"]);
    expect(movesLeft(open, waiting("missed", "feedback"))).toEqual([]);
    expect(movesLeft(dispatch(["feedback"]), [])).toEqual(["feedback"]);
  });
});
