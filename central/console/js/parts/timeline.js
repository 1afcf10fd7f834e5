// When a vehicle was where: one line a checkpoint, time to the right.

import { h, s } from "../dom.js";
import { t } from "../language.js";
import { clockText, dateText, zone } from "../time.js";

const WIDTH = 640;
const LINE = 34;
const LEFT = 150;
const RIGHT = 24;

/** `passages` in the order of time; at least one. */
export function timeline(passages) {
  const moments = passages.map((p) => Date.parse(p.captured_at));
  const [first, last] = [moments[0], moments.at(-1)];
  const span = Math.max(1, last - first);
  const names = [...new Map(passages.map((p) => [p.checkpoint.checkpoint_id, p.checkpoint.name]))];
  const x = (moment) => LEFT + ((moment - first) / span) * (WIDTH - LEFT - RIGHT);
  const y = (id) => 24 + names.findIndex(([known]) => known === id) * LINE;
  const height = 24 + names.length * LINE + 16;
  const ends = last > first ? [first, last] : [first];
  return h("figure", { class: "timeline" },
    s("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": t("timeline.title") },
      names.map(([id, name]) => [
        s("line", { class: "timeline-line", x1: LEFT, x2: WIDTH - RIGHT, y1: y(id), y2: y(id) }),
        s("text", { class: "timeline-name", x: LEFT - 14, y: y(id) + 4, translate: "no" }, name),
      ]),
      s("polyline", { class: "timeline-way", points: passages.map((p, i) => `${x(moments[i])},${y(p.checkpoint.checkpoint_id)}`).join(" ") }),
      passages.map((p, i) => s("circle", { class: "timeline-dot", cx: x(moments[i]), cy: y(p.checkpoint.checkpoint_id), r: 5 },
        s("title", { translate: "no" }, `${i + 1} · ${clockText(new Date(moments[i]))} · ${p.checkpoint.name}`))),
      ends.map((moment, at) => s("text", { class: at ? "timeline-time timeline-end" : "timeline-time", x: x(moment), y: height - 6, translate: "no" },
        `${dateText(new Date(moment))} ${clockText(new Date(moment))}`))),
    h("figcaption", { class: "muted" }, t("timeline.note", { zone: zone() })));
}
