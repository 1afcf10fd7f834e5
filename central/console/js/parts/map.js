// A map without tiles: the checkpoints where they lie, and the way a vehicle took between them.

import { h, s } from "../dom.js";
import { t } from "../language.js";

const WIDTH = 640;
const HEIGHT = 420;
const MARGIN = 56;

/** Pixels of a place: equirectangular, true to scale at the checkpoints' middle latitude. */
function projection(places) {
  const middle = places.reduce((sum, p) => sum + p.latitude, 0) / places.length;
  const narrow = Math.cos((middle * Math.PI) / 180);
  const xs = places.map((p) => p.longitude * narrow);
  const ys = places.map((p) => -p.latitude);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const scale = Math.min(
    (WIDTH - 2 * MARGIN) / (Math.max(...xs) - left || 1e-9),
    (HEIGHT - 2 * MARGIN) / (Math.max(...ys) - top || 1e-9),
    1e6,
  );
  const shiftX = (WIDTH - (Math.max(...xs) - left) * scale) / 2;
  const shiftY = (HEIGHT - (Math.max(...ys) - top) * scale) / 2;
  return (p) => [shiftX + (p.longitude * narrow - left) * scale, shiftY + (-p.latitude - top) * scale];
}

/**
 * `passages` in the order of time. A checkpoint is labelled with its name and the numbers of the passages there.
 * Null where no checkpoint has a place.
 */
export function trackMap(places, passages) {
  const located = places.filter((p) => Number.isFinite(p.latitude) && Number.isFinite(p.longitude));
  if (!located.length) return null;
  const at = projection(located);
  const byId = new Map(located.map((p) => [p.checkpoint_id, p]));
  const visits = new Map();
  const legs = [];
  let before = null;
  passages.forEach((passage, index) => {
    const id = passage.checkpoint.checkpoint_id;
    if (!byId.has(id)) return;
    visits.set(id, [...(visits.get(id) ?? []), index + 1]);
    if (before !== null && before !== id) legs.push([before, id]);
    before = id;
  });
  return h("figure", { class: "map" },
    s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": t("map.title") },
      s("defs", {}, s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" }, s("path", { d: "M0 0 8 4 0 8z", class: "map-arrow" }))),
      legs.map(([from, to]) => leg(at(byId.get(from)), at(byId.get(to)))),
      located.map((place) => spot(place, at(place), visits.get(place.checkpoint_id) ?? []))),
    h("figcaption", { class: "muted" }, t("map.note")));
}

/** A bowed arrow, so that there and back do not lie on one another. */
function leg([x1, y1], [x2, y2]) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [sx, sy, ex, ey] = [x1 + ux * 12, y1 + uy * 12, x2 - ux * 14, y2 - uy * 14];
  const bow = Math.min(40, length / 6);
  const [mx, my] = [(sx + ex) / 2 - uy * bow, (sy + ey) / 2 + ux * bow];
  return s("path", { class: "map-leg", d: `M${sx} ${sy}Q${mx} ${my} ${ex} ${ey}`, "marker-end": "url(#arrow)" });
}

function spot(place, [x, y], numbers) {
  const shown = numbers.length > 4 ? `${numbers.slice(0, 3).join(", ")} … ${numbers.at(-1)}` : numbers.join(", ");
  return s("g", { class: numbers.length ? "map-spot map-visited" : "map-spot" },
    s("circle", { cx: x, cy: y, r: numbers.length ? 9 : 5 }),
    numbers.length > 0 && s("text", { x, y: y - 15, class: "map-numbers", translate: "no" }, shown),
    s("text", { x, y: y + 25, class: "map-name", translate: "no" }, place.name));
}
