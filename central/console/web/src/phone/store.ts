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

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error ?? new Error("expected an answer of the browser's database"));
  });
}

/** Kept only as long as the page where the browser gives no database. */
export class StepStore {
  /** Whether what is put here outlives the page. */
  durable = true;
  #database: Promise<IDBDatabase | null> | null = null;
  #memory = new Map<number, Queued>();
  #next = 1;

  async all(): Promise<Queued[]> {
    const store = await this.#store("readonly");
    const found = store ? await asked(store.getAll() as IDBRequest<Queued[]>) : [...this.#memory.values()];
    return found.sort((a, b) => a.id - b.id);
  }

  async add(draft: Draft): Promise<Queued> {
    const store = await this.#store("readwrite");
    const id = store ? ((await asked(store.add(draft))) as number) : this.#next++;
    const made = { ...draft, id };
    if (!store) this.#memory.set(id, made);
    return made;
  }

  async put(entry: Queued): Promise<void> {
    const store = await this.#store("readwrite");
    if (store) await asked(store.put(entry));
    else this.#memory.set(entry.id, entry);
  }

  async remove(id: number): Promise<void> {
    const store = await this.#store("readwrite");
    if (store) await asked(store.delete(id));
    else this.#memory.delete(id);
  }

  async #store(mode: IDBTransactionMode): Promise<IDBObjectStore | null> {
    this.#database ??= this.#open();
    const database = await this.#database;
    return database?.transaction(STORE, mode).objectStore(STORE) ?? null;
  }

  async #open(): Promise<IDBDatabase | null> {
    try {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
      };
      return await asked(request);
    } catch {
      this.durable = false;
      return null;
    }
  }
}
