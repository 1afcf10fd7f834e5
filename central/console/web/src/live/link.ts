// The live link: one WebSocket that resumes where it broke off and says what it could not catch up.
import type { Alert, Interception, Node, Order, Passage } from "../api/types";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const NO_SESSION = 4401;

export type LinkState = "connecting" | "live" | "lost";

export type LiveEvent =
  | { kind: "alert"; id: number; data: Alert }
  | { kind: "passage"; id: number; data: Passage }
  | { kind: "order"; id: number; data: Order }
  | { kind: "node"; id: number; data: Node }
  | { kind: "interception"; id: number; data: Interception }
  | { kind: "dispatch"; id: number; data: { alert_id: string; version: number } };

type Note =
  | { kind: "hello"; newest: number; oldest: number; gap: boolean }
  | { kind: "gap"; newest: number }
  | { kind: "caught_up"; newest: number };

/** A time without a link. `gap`: not all of it could be caught up with. */
export interface Gap {
  lostAt: Date;
  resumedAt: Date;
  missed: number;
  gap: boolean;
}

export interface Listener {
  /** The first connection: load the lists now. */
  hello: () => void;
  /** `live` is false while catching up. */
  event: (event: LiveEvent, live: boolean) => void;
  state: (state: LinkState) => void;
  resumed: (gap: Gap) => void;
  signedOut: () => void;
}

export class LiveLink {
  state: LinkState = "connecting";
  #listener: Listener;
  #socket: WebSocket | null = null;
  #after = 0; // the newest event seen; 0: none yet
  #heardAt = new Date(); // when the server was last known to be there
  #lostAt: Date | null = null;
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #catchUp: { missed: number; gap: boolean } | null = null; // while events of the time without a link come in

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  start(): void {
    this.#open();
    addEventListener("online", this.#now);
    document.addEventListener("visibilitychange", this.#now);
  }

  stop(): void {
    removeEventListener("online", this.#now);
    document.removeEventListener("visibilitychange", this.#now);
    clearTimeout(this.#timer);
    this.#drop();
  }

  /** Someone reached the server. */
  vouch(): void {
    if (this.state === "live") this.#heardAt = new Date();
  }

  /** Someone could not reach the server: don't wait for TCP to notice that the socket is dead. */
  suspect(): void {
    if (this.state === "live") this.#lost();
  }

  readonly #now = () => {
    if (this.state === "lost" && !document.hidden) {
      clearTimeout(this.#timer);
      this.#drop();
      this.#open();
    }
  };

  #open(): void {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/api/live?after=${this.#after}`);
    this.#socket = socket;
    socket.onmessage = (message: MessageEvent<string>) => {
      if (socket === this.#socket) this.#heard(JSON.parse(message.data) as LiveEvent | Note);
    };
    socket.onclose = (event) => {
      if (socket !== this.#socket) return;
      if (event.code === NO_SESSION) this.#listener.signedOut();
      else this.#lost();
    };
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #lost(): void {
    this.#drop();
    this.#catchUp = null;
    this.#lostAt ??= this.#heardAt; // not now: a link may have been dead for a while before it is noticed
    this.#become("lost");
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempts++);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), wait * (0.8 + 0.4 * Math.random()));
  }

  #heard(message: LiveEvent | Note): void {
    this.#heardAt = new Date();
    switch (message.kind) {
      case "hello": {
        this.#greeted(message.newest, message.gap);
        return;
      }
      case "gap": {
        this.#overrun(message.newest);
        return;
      }
      case "caught_up": {
        this.#reached(message.newest);
        return;
      }
      default:
        this.#after = Math.max(this.#after, message.id);
        if (this.#catchUp) this.#catchUp.missed += 1;
        this.#listener.event(message, this.#catchUp === null);
    }
  }

  // The server gave up sending what we were too slow to take.
  #overrun(newest: number): void {
    this.#after = newest;
    const now = new Date();
    this.#listener.resumed({ lostAt: now, resumedAt: now, missed: 0, gap: true });
  }

  #greeted(newest: number, gap: boolean): void {
    this.#attempts = 0;
    this.#become("live");
    if (this.#lostAt === null) {
      this.#after = newest;
      this.#listener.hello();
      return;
    }
    // Nothing seen before the break, or a server that counts from anew: what happened meanwhile can't be replayed.
    const broken = gap || newest < this.#after || this.#after === 0;
    if (broken) this.#after = newest;
    this.#catchUp = { missed: 0, gap: broken };
  }

  // All from before the link was there again has come. A user is sent only the events they may see, so this and
  // not the newest one's number tells.
  #reached(newest: number): void {
    this.#after = Math.max(this.#after, newest);
    if (this.#catchUp === null || this.#lostAt === null) return;
    const { missed, gap } = this.#catchUp;
    const lostAt = this.#lostAt;
    this.#catchUp = null;
    this.#lostAt = null;
    this.#listener.resumed({ lostAt, resumedAt: new Date(), missed, gap });
  }

  #become(state: LinkState): void {
    if (state === this.state) return;
    this.state = state;
    this.#listener.state(state);
  }
}
