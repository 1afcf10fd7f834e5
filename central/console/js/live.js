// The live link: one WebSocket that resumes where it broke off and says what it could not catch up.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const NO_SESSION = 4401;

/**
 * Events: "hello" (first connection; load the lists now), "event" (detail: the server's event, `live` false while
 * catching up), "state" (connecting | live | lost), "resumed" (detail: {lostAt, resumedAt, missed, gap}),
 * "signed-out".
 */
export class LiveLink extends EventTarget {
  state = "connecting";
  #socket = null;
  #after = 0; // the newest event seen; 0: none yet
  #heardAt = new Date(); // when the server was last known to be there
  #lostAt = null;
  #attempts = 0;
  #timer = null;
  #catchUp = null; // {target, missed, gap} while events of the time without a link come in

  start() {
    this.#open();
    addEventListener("online", this.#now);
    document.addEventListener("visibilitychange", this.#now);
  }

  stop() {
    removeEventListener("online", this.#now);
    document.removeEventListener("visibilitychange", this.#now);
    clearTimeout(this.#timer);
    this.#drop();
  }

  /** Someone reached the server. */
  vouch() {
    if (this.state === "live") this.#heardAt = new Date();
  }

  /** Someone could not reach the server: don't wait for TCP to notice that the socket is dead. */
  suspect() {
    if (this.state === "live") this.#lost();
  }

  #now = () => {
    if (this.state === "lost" && !document.hidden) {
      clearTimeout(this.#timer);
      this.#drop();
      this.#open();
    }
  };

  #open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/api/live?after=${this.#after}`);
    this.#socket = socket;
    socket.onmessage = (message) => this.#heard(JSON.parse(message.data));
    socket.onclose = (event) => {
      if (socket !== this.#socket) return;
      if (event.code === NO_SESSION) this.#tell("signed-out");
      else this.#lost();
    };
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #lost() {
    this.#drop();
    this.#catchUp = null;
    this.#lostAt ??= this.#heardAt; // not now: a link may have been dead for a while before it is noticed
    this.#become("lost");
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempts++);
    this.#timer = setTimeout(() => this.#open(), wait * (0.8 + 0.4 * Math.random()));
  }

  #heard(message) {
    this.#heardAt = new Date();
    if (message.kind === "hello") return this.#greeted(message);
    if (message.kind === "gap") return this.#overrun(message);
    if (message.kind === "caught_up") return this.#reached(message);
    this.#after = Math.max(this.#after, message.id);
    if (this.#catchUp) this.#catchUp.missed += 1;
    this.#tell("event", { ...message, live: this.#catchUp === null });
  }

  // The server gave up sending what we were too slow to take.
  #overrun({ newest }) {
    this.#after = newest;
    const now = new Date();
    this.#tell("resumed", { lostAt: now, resumedAt: now, missed: 0, gap: true });
  }

  #greeted({ newest, gap }) {
    this.#attempts = 0;
    this.#become("live");
    if (this.#lostAt === null) {
      this.#after = newest;
      return this.#tell("hello");
    }
    // Nothing seen before the break, or a server that counts from anew: what happened meanwhile can't be replayed.
    const broken = gap || newest < this.#after || this.#after === 0;
    if (broken) this.#after = newest;
    this.#catchUp = { missed: 0, gap: broken };
  }

  // All from before the link was there again has come. A user is sent only the events they may see, so this and
  // not the newest one's number tells.
  #reached({ newest }) {
    this.#after = Math.max(this.#after, newest);
    if (this.#catchUp === null) return;
    const { missed, gap } = this.#catchUp;
    const lostAt = this.#lostAt;
    this.#catchUp = null;
    this.#lostAt = null;
    this.#tell("resumed", { lostAt, resumedAt: new Date(), missed, gap });
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.#tell("state");
  }

  #tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
