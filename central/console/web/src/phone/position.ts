// Where the phone is, told while its unit is on duty and never else.
import { answer, api, Problem } from "../api/client";
import { createStore } from "../base/store";

const EVERY_MS = 10_000;
const OPTIONS = { enableHighAccuracy: true, maximumAge: 5000, timeout: 30_000 };

export interface Sharing {
  state: "off" | "asking" | "on" | "unsent" | "denied" | "unknown";
  /** When it was last told, in milliseconds since 1970. */
  at: number | null;
  metres: number | null;
}

export const sharing = createStore<Sharing>({ state: "off", at: null, metres: null });

let watch: number | null = null;
let unit = "";
let told = -Infinity; // by the page's own clock: the phone's may be set back

function become(change: Partial<Sharing>): void {
  sharing.set({ ...sharing.get(), ...change });
}

async function tell({ coords, timestamp }: GeolocationPosition): Promise<void> {
  become({ metres: Math.round(coords.accuracy) });
  if (performance.now() - told < EVERY_MS) return;
  told = performance.now();
  const body = {
    // A fix may be stamped a little ahead of the clock.
    at: new Date(Math.min(timestamp, Date.now())).toISOString(),
    latitude: coords.latitude,
    longitude: coords.longitude,
    speed_kmh: coords.speed === null ? null : Math.min(300, coords.speed * 3.6),
  };
  try {
    await answer(api.POST("/api/units/{unit_id}/position", { params: { path: { unit_id: unit } }, body }));
    if (watch !== null) become({ state: "on", at: Date.now() });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 409) stopSharing();
    else if (watch !== null) become({ state: "unsent" });
  }
}

export function startSharing(unitId: string): void {
  if (watch !== null && unit === unitId) return;
  stopSharing();
  unit = unitId;
  if (!("geolocation" in navigator) || !isSecureContext) {
    become({ state: "unknown" });
    return;
  }
  told = -Infinity;
  become({ state: "asking", at: null, metres: null });
  watch = navigator.geolocation.watchPosition(
    (position) => void tell(position),
    ({ code, PERMISSION_DENIED }) => become({ state: code === PERMISSION_DENIED ? "denied" : "unknown" }),
    OPTIONS,
  );
}

export function stopSharing(): void {
  if (watch !== null) navigator.geolocation.clearWatch(watch);
  watch = null;
  sharing.set({ state: "off", at: null, metres: null });
}
