// What the phone has not sent yet, in the browser's own database: it outlives the page, a dead battery and a reload.
export interface Queued {
  /** Counts up: the order they were made in. */
  id: number;
  /** By which the server knows a step that comes twice. */
  key: string;
  /** Whose: never sent under another name. */
  username: string;
  alert_id: string;
  plate: string;
  step: CrewMove;
  note: string;
  identity_checked: boolean | null;
  photos: Blob[];
  made_at: string;
  /** Why the server would not have it. */
  refused: { status: number; kind: string; detail: string } | null;
}

export type CrewMove = "under_way" | "on_scene" | "intercepted" | "missed" | "feedback";
export type Draft = Omit<Queued, "id">;

const NAME = "bukong";
const STORE = "steps";

function opened(): Promise<IDBDatabase> {
  return new Promise((done, failed) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error ?? new Error("expected the browser's database"));
  });
}

/** Not when the request was heard: storage that is full may be noticed at the end only. */
function finished<T>(transaction: IDBTransaction, request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    transaction.oncomplete = () => done(request.result);
    transaction.onabort = () => failed(transaction.error ?? new Error("expected the database to write"));
  });
}

/** What the browser's database would not take (refused, full, broken) is kept as long as the page. */
export class StepStore {
  #database: Promise<IDBDatabase> | null = null;
  /** Holds in place of what the database has under the same id. */
  readonly #memory = new Map<number, Queued>();
  /** Removed, though the database would not let go of them. */
  readonly #gone = new Set<number>();
  #next = 2 ** 40; // behind all that the database counts

  /** Whether all that was put here outlives the page. */
  get durable(): boolean {
    return this.#memory.size === 0;
  }

  async all(): Promise<Queued[]> {
    const kept = await this.#ask("readonly", (steps) => steps.getAll() as IDBRequest<Queued[]>);
    const found = new Map([...(kept ?? []), ...this.#memory.values()].map((entry) => [entry.id, entry]));
    return [...found.values()].filter(({ id }) => !this.#gone.has(id)).sort((a, b) => a.id - b.id);
  }

  async add(draft: Draft): Promise<Queued> {
    // While one is in memory, those after it are too: the order is by id.
    const id = this.durable
      ? await this.#ask("readwrite", (steps) => steps.add(draft) as IDBRequest<number>)
      : null;
    const made = { ...draft, id: id ?? this.#next++ };
    if (id === null) this.#memory.set(made.id, made);
    return made;
  }

  async put(entry: Queued): Promise<void> {
    this.#memory.set(entry.id, entry);
    const kept = await this.#ask("readwrite", (steps) => steps.put(entry));
    if (kept !== null) this.#memory.delete(entry.id);
  }

  async remove(id: number): Promise<void> {
    this.#memory.delete(id);
    this.#gone.add(id);
    const removed = await this.#ask("readwrite", (steps) => steps.delete(id));
    if (removed !== null) this.#gone.delete(id);
  }

  /** null where the database won't. Asked twice: a phone may have closed it while the page slept. */
  async #ask<T>(mode: IDBTransactionMode, work: (steps: IDBObjectStore) => IDBRequest<T>): Promise<T | null> {
    for (let tries = 0; tries < 2; tries += 1) {
      const database = (this.#database ??= opened());
      try {
        const transaction = (await database).transaction(STORE, mode, { durability: "strict" });
        return await finished(transaction, work(transaction.objectStore(STORE)));
      } catch {
        this.#database = null;
        database.then(
          (open) => open.close(),
          () => undefined,
        );
      }
    }
    return null;
  }
}
