// Where the open alerts stand: by checkpoint, how many and how urgent.
import type { Alert } from "../api/types";

export const WAITING: ReadonlySet<string> = new Set(["raised", "verified"]);

export interface Standing {
  checkpoint_id: string;
  count: number;
  /** The most urgent one's. */
  priority: number;
  /** Whether nobody has taken on one of them. */
  waiting: boolean;
}

export function standing(alerts: Alert[]): Standing[] {
  const found = new Map<string, Standing>();
  for (const { passage, priority, state } of alerts) {
    const id = passage.checkpoint.checkpoint_id;
    const before = found.get(id) ?? { checkpoint_id: id, count: 0, priority, waiting: false };
    found.set(id, {
      ...before,
      count: before.count + 1,
      priority: Math.min(before.priority, priority),
      waiting: before.waiting || WAITING.has(state),
    });
  }
  return [...found.values()];
}
