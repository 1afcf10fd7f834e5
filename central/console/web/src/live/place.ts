// Where the user is on the watch: outlives the page, not the session.
import { createStore } from "../base/store";

export type Pane = "queue" | "detail" | "passages";

export interface Place {
  selected: string | null; // alert_id
  open: boolean; // the open alerts, or the ended ones
  pane: Pane; // on a small screen
  seenGaps: number;
}

const START: Place = { selected: null, open: true, pane: "queue", seenGaps: 0 };

export const place = createStore<Place>(START);

export function move(change: Partial<Place>): void {
  place.set({ ...place.get(), ...change });
}

export function select(alertId: string): void {
  move({ selected: alertId });
}

/** Somebody else sits down. */
export function leavePlace(): void {
  place.set(START);
}
