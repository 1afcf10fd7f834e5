// When a vehicle was where: one line a checkpoint, time to the right.
import type { Passage } from "../../api/types";
import { useSpeech } from "../../base/language";
import { clockText, dateText, zone } from "../../base/time";

const WIDTH = 960;
const LINE = 34;
const LEFT = 170;
const RIGHT = 24;

/** `passages` in the order of time, at least one; those behind `upTo` are pale. */
export function Timeline({ passages, upTo }: { passages: Passage[]; upTo: number }) {
  const { t } = useSpeech();
  const moments = passages.map((p) => Date.parse(p.captured_at));
  const first = moments[0] ?? 0;
  const last = moments.at(-1) ?? first;
  const span = Math.max(1, last - first);
  const names = [...new Map(passages.map((p) => [p.checkpoint.checkpoint_id, p.checkpoint.name]))];
  const x = (moment: number) => LEFT + ((moment - first) / span) * (WIDTH - LEFT - RIGHT);
  const y = (id: string) => 24 + names.findIndex(([known]) => known === id) * LINE;
  const height = 24 + names.length * LINE + 16;
  const points = passages.map((p, i) => [x(moments[i] ?? first), y(p.checkpoint.checkpoint_id)] as const);
  const ends = last > first ? [first, last] : [first];
  return (
    <figure className="timeline">
      <div translate="no">
        <svg viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={t("timeline.title")}>
          {names.map(([id, name]) => (
            <g key={id}>
              <line className="timeline-line" x1={LEFT} x2={WIDTH - RIGHT} y1={y(id)} y2={y(id)} />
              <text className="timeline-name" x={LEFT - 14} y={y(id) + 4}>
                {name}
              </text>
            </g>
          ))}
          <polyline
            className="timeline-way"
            points={points
              .slice(0, upTo)
              .map((point) => point.join())
              .join(" ")}
          />
          {points.map(([cx, cy], i) => (
            <circle
              key={i}
              className={`timeline-dot${i < upTo ? "" : " timeline-later"}`}
              cx={cx}
              cy={cy}
              r={5}
            >
              <title>
                {`${i + 1} · ${clockText(new Date(moments[i] ?? first))} · ${passages[i]?.checkpoint.name ?? ""}`}
              </title>
            </circle>
          ))}
          {ends.map((moment, at) => (
            <text
              key={at}
              className={at ? "timeline-time timeline-end" : "timeline-time"}
              x={x(moment)}
              y={height - 6}
            >
              {`${dateText(new Date(moment))} ${clockText(new Date(moment))}`}
            </text>
          ))}
        </svg>
      </div>
      <figcaption className="muted">{t("timeline.note", { zone: zone() })}</figcaption>
    </figure>
  );
}
