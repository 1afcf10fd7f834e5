// Steps made at the roadside: every one is written down here first, then sent in order, whatever the link does.
// What the server would not have stays, with the reason, until somebody has read it.
import { answer, api, asProblem, Problem } from "../api/client";
import type { Dispatch } from "../api/types";
import { createStore } from "../base/store";
import { type Draft, type Queued, StepStore } from "./store";

const WAITS_MS = [1000, 2000, 4000, 8000, 15_000];
/** How long the step and each of its photos may take: of a link that died the browser may tell minutes later. */
const CALL_MS = 90_000;
const LOCK = "bukong-steps";

/** Not sent now, but perhaps later: no link, a server that is away or asks to wait. */
export const passing = ({ status }: Problem) => status === 0 || status === 429 || status >= 500;

/** How a step and its photos get to the server until told to stop; the tests put another in its place. */
export type Send = (entry: Queued, signal: AbortSignal) => Promise<Dispatch>;

export async function send(entry: Queued, signal: AbortSignal): Promise<Dispatch> {
  const path = { alert_id: entry.alert_id };
  const photos: string[] = [];
  for (const photo of entry.photos) {
    const taken = await answer(
      api.POST("/api/patrol/dispatches/{alert_id}/photos", {
        params: { path },
        body: "",
        bodySerializer: () => photo,
        headers: { "Content-Type": photo.type },
        signal,
      }),
    );
    photos.push(taken.sha256);
  }
  const { step, note, identity_checked, made_at, key } = entry;
  const body = { step, note, identity_checked, photos, made_at, key };
  return answer(api.POST("/api/patrol/dispatches/{alert_id}/steps", { params: { path }, body, signal }));
}

/** Once more where the device has no locks: the key keeps a step from being made twice. */
async function alone(work: () => Promise<void>): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- not without HTTPS
  if (navigator.locks) await navigator.locks.request(LOCK, work);
  else await work();
}

/** Not `randomUUID`, which a page that came without HTTPS has not. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  /** Of this user, in the order they were made. */
  readonly entries = createStore<Queued[]>([]);
  readonly #username: string;
  readonly #sent: (dispatch: Dispatch) => void;
  readonly #store: StepStore;
  readonly #send: Send;
  #running = false;
  #stopped = false;
  #sending: AbortController | null = null;
  #tries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(username: string, sent: (dispatch: Dispatch) => void, store = new StepStore(), how: Send = send) {
    this.#username = username;
    this.#sent = sent;
    this.#store = store;
    this.#send = how;
  }

  get durable(): boolean {
    return this.#store.durable;
  }

  start(): void {
    this.#stopped = false;
    addEventListener("online", this.#now);
    document.addEventListener("visibilitychange", this.#now);
    void this.#read().then(this.#now);
  }

  /** Nothing goes out any more: whoever signs in next must not send what is on its way. */
  stop(): void {
    this.#stopped = true;
    this.#sending?.abort();
    removeEventListener("online", this.#now);
    document.removeEventListener("visibilitychange", this.#now);
    clearTimeout(this.#timer);
  }

  /** Written down when this resolves; sent when there is a link. */
  async put(draft: Omit<Draft, "key" | "username" | "made_at" | "refused">): Promise<void> {
    await this.#store.add({
      ...draft,
      key: newKey(),
      username: this.#username,
      made_at: new Date().toISOString(),
      refused: null,
    });
    await this.#read();
    this.#now();
  }

  /** A refused one, once more as it was made. */
  async again(entry: Queued): Promise<void> {
    await this.#store.put({ ...entry, refused: null });
    await this.#read();
    this.#now();
  }

  /** Somebody has read why it was refused. */
  async drop(entry: Queued): Promise<void> {
    await this.#store.remove(entry.id);
    await this.#read();
  }

  /** The link may be there again. */
  readonly #now = () => {
    this.#tries = 0;
    clearTimeout(this.#timer);
    void this.#pump();
  };

  async #read(): Promise<void> {
    const all = await this.#store.all();
    this.entries.set(all.filter(({ username }) => username === this.#username));
  }

  async #pump(): Promise<void> {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    try {
      await alone(() => this.#sendAll());
    } finally {
      this.#running = false;
    }
  }

  async #sendAll(): Promise<void> {
    await this.#read();
    for (;;) {
      const next = this.entries.get().find(({ refused }) => refused === null);
      if (!next || this.#stopped) return;
      const sending = (this.#sending = new AbortController());
      const late = setTimeout(() => sending.abort(), CALL_MS * (1 + next.photos.length));
      try {
        const dispatch = await this.#send(next, sending.signal);
        await this.#store.remove(next.id);
        this.#tries = 0;
        this.#sent(dispatch);
      } catch (error) {
        const problem = asProblem(error);
        if (problem.status === 401) return; // they sign in again, and it goes on
        if (passing(problem)) {
          this.#later();
          return;
        }
        const { status, kind, detail } = problem;
        await this.#store.put({ ...next, refused: { status, kind, detail } });
      } finally {
        clearTimeout(late);
      }
      await this.#read();
    }
  }

  #later(): void {
    const wait = WAITS_MS[Math.min(this.#tries++, WAITS_MS.length - 1)];
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#pump(), wait);
  }
}

/** How many steps wait on this device, whoever made them. */
export async function waiting(): Promise<number> {
  return (await new StepStore().all()).length;
}
