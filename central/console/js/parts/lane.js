// Lane and direction, as far as they are known.

import { h } from "../dom.js";
import { t, term } from "../language.js";

/** "2 车道 · 进城"; a lane of 0 is one that nobody knows. */
export function laneAndDirection({ lane, direction }, attributes = {}) {
  return h("span", attributes, lane > 0 ? t("lane.n", { n: lane }) : t("lane.unknown"), direction && [" · ", term("direction", direction)]);
}
