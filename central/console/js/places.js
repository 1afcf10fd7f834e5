// The checkpoints, fetched once: they change with the configuration, not while somebody works.

import { get } from "./client.js";

let fetching = null;

/** `[{checkpoint_id, name, latitude, longitude, directions, lanes}]`. @throws {Problem} */
export function checkpoints() {
  fetching ??= get("/api/checkpoints").catch((problem) => {
    fetching = null;
    throw problem;
  });
  return fetching;
}
