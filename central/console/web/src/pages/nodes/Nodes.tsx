// The edge nodes, as their heartbeats tell; those with trouble first.
import "../../styles/pages.css";
import { useState } from "react";
import { useCheckpoints } from "../../api/checkpoints";
import { answer, api } from "../../api/client";
import { useLoaded } from "../../api/load";
import type { Camera, Node } from "../../api/types";
import { type Speech, useSpeech } from "../../base/language";
import { spanText } from "../../base/time";
import { Facts } from "../../parts/Facts";
import { Empty, Failed, Loading } from "../../parts/States";
import { TableHead } from "../../parts/TableHead";
import { Age, Data, Term, Time } from "../../parts/Text";

const EVERY_MS = 5000;
const DEEP = 100; // records in the outbox that are no passing backlog
const SCARCE_BYTES = 2e9;
const LATE_MS = 10_000;
const ENOUGH = 20; // passages that a read rate says something of
const POOR = 0.8;

const late = (node: Node) => Date.parse(node.received_at) - Date.parse(node.sent_at);
const rate = ({ passages, unread }: { passages: number; unread: number }) =>
  passages > 0 ? 1 - unread / passages : null;
const poor = (camera: Camera) => camera.passages >= ENOUGH && (rate(camera) ?? 1) < POOR;
/** Against its own past: the server compares. */
const fell = ({ reads }: Camera) => reads?.rate_fell === true || reads?.passages_fell === true;

/** Whether somebody should look at it. */
export function troubled(node: Node): boolean {
  return (
    !node.alive ||
    node.clock === "unsynced" ||
    node.outbox_depth >= DEEP ||
    node.disk_free_bytes < SCARCE_BYTES ||
    Math.abs(late(node)) >= LATE_MS ||
    node.cameras.some((camera) => !camera.alive || poor(camera) || fell(camera))
  );
}

export default function Nodes() {
  const { t, number, percent } = useSpeech();
  const places = useCheckpoints();
  const [only, setOnly] = useState(false);
  const { data, problem, again } = useLoaded(
    "nodes",
    () => answer(api.GET("/api/nodes")).then(({ nodes }) => nodes),
    EVERY_MS,
  );
  const nameOf = (id: string) => places.find((p) => p.checkpoint_id === id)?.name ?? id;
  const cameras = (data ?? []).flatMap((node) => node.cameras);
  const sum = (of: (camera: Camera) => number) => cameras.reduce((total, camera) => total + of(camera), 0);
  const read = rate({ passages: sum((c) => c.passages), unread: sum((c) => c.unread) });
  const shown = (data ?? [])
    .filter((node) => !only || troubled(node))
    .sort((a, b) => Number(troubled(b)) - Number(troubled(a)) || a.node_id.localeCompare(b.node_id));
  return (
    <section className="pane page-nodes">
      <header className="pane-head">
        <h1>{t("page.nodes")}</h1>
        {data && (
          <label className="row">
            <input type="checkbox" checked={only} onChange={({ target }) => setOnly(target.checked)} />
            {t("nodes.trouble")}
          </label>
        )}
      </header>
      <div className="pane-body">
        {problem && <Failed problem={problem} again={again} />}
        {!data && !problem && <Loading />}
        {data && !data.length && <Empty what="nodes.none" />}
        {data && data.length > 0 && (
          <>
            <dl className="statistics" aria-label={t("nodes.figures")}>
              <Figure label={t("nodes.online")}>
                {number(data.filter((n) => n.alive).length)} / {number(data.length)}
              </Figure>
              <Figure label={t("nodes.cameras_online")}>
                {number(cameras.filter((c) => c.alive).length)} / {number(cameras.length)}
              </Figure>
              <Figure label={t("nodes.outbox")}>
                {number(data.reduce((n, node) => n + node.outbox_depth, 0))}
              </Figure>
              <Figure label={t("nodes.read_rate")}>{read === null ? t("none") : percent(read, 1)}</Figure>
              <Figure label={t("nodes.fell")}>
                <span className={cameras.some(fell) ? "bad" : ""}>{number(cameras.filter(fell).length)}</span>
              </Figure>
            </dl>
            {shown.length ? (
              <div className="cards">
                {shown.map((node) => (
                  <Card key={node.node_id} node={node} place={nameOf(node.checkpoint_id)} />
                ))}
              </div>
            ) : (
              <Empty what="nodes.fine" />
            )}
            <p className="hint nodes-note">{t("nodes.reads.note")}</p>
          </>
        )}
      </div>
    </section>
  );
}

function Figure({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="figure">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Card({ node, place }: { node: Node; place: string }) {
  const speech = useSpeech();
  const { t, number, percent } = speech;
  const columns = [
    t("nodes.camera"),
    t("nodes.dropped"),
    t("nodes.passages"),
    t("nodes.unread"),
    t("nodes.read_rate"),
    t("nodes.rate_lately"),
    t("nodes.passages_lately"),
  ];
  const bad = (is: boolean) => (is ? "bad" : undefined);
  return (
    <article
      className={`card ${!node.alive ? "card-silent" : troubled(node) ? "card-troubled" : "card-alive"}`}
      data-node={node.node_id}
      tabIndex={0} // its table may have to be scrolled sideways, by keys too
    >
      <header className="card-head">
        <div>
          <h2>
            <Data>{place}</Data>
          </h2>
          <Data className="muted code">{node.node_id}</Data>
        </div>
        <span className={`tag ${node.alive ? "tag-good" : "tag-bad"}`}>
          {t(node.alive ? "nodes.alive" : "nodes.silent")}
        </span>
      </header>
      <Facts
        of={[
          [
            "nodes.heard",
            <span>
              <Time iso={node.sent_at} /> <Age iso={node.sent_at} className="muted" />
            </span>,
          ],
          [
            "nodes.lag",
            <span className={bad(Math.abs(late(node)) >= LATE_MS)}>
              {Math.abs(late(node)) >= LATE_MS
                ? spanText(Math.abs(late(node)))
                : t("seconds.n", { n: number(late(node) / 1000, { maximumFractionDigits: 1 }) })}
            </span>,
          ],
          [
            "field.clock",
            <span className={bad(node.clock === "unsynced")}>
              <Term group="clock" code={node.clock} />
            </span>,
          ],
          [
            "nodes.outbox",
            <span className={bad(node.outbox_depth >= DEEP)}>
              {t("nodes.outbox.n", { n: number(node.outbox_depth), size: size(node.outbox_bytes, speech) })}
            </span>,
          ],
          [
            "nodes.disk",
            <span className={bad(node.disk_free_bytes < SCARCE_BYTES)}>
              {size(node.disk_free_bytes, speech)}
            </span>,
          ],
          ["nodes.up_since", <Time iso={node.started_at} />],
          ["nodes.software", <Data>{node.software}</Data>],
          [
            "nodes.models",
            node.models.length > 0 && (
              <Data className="code">
                {node.models.map(({ name, sha256 }) => `${name} ${sha256.slice(0, 8)}`).join(" · ")}
              </Data>
            ),
          ],
        ]}
      />
      <table className="table">
        <caption className="visually-hidden">{t("nodes.cameras")}</caption>
        <TableHead texts={columns} />
        <tbody>
          {node.cameras.map((camera) => {
            const read = rate(camera);
            return (
              <tr key={camera.camera_id}>
                <td>
                  <span
                    className={`dot ${camera.alive ? "dot-good" : "dot-bad"}`}
                    role="img"
                    aria-label={t(camera.alive ? "nodes.alive" : "nodes.silent")}
                  />{" "}
                  <Data>{camera.camera_id}</Data>
                  {camera.error && (
                    <div className="bad">
                      <Data>{camera.error}</Data>
                    </div>
                  )}
                </td>
                <td className="numbers">
                  {number(camera.frames_dropped)}
                  <div className="muted small">{t("nodes.frames.n", { n: number(camera.frames) })}</div>
                </td>
                <td className="numbers">{number(camera.passages)}</td>
                <td className="numbers">{number(camera.unread)}</td>
                <td className={`numbers ${poor(camera) ? "bad" : ""}`}>
                  {read === null ? t("none") : percent(read, 1)}
                </td>
                <Lately reads={camera.reads} />
              </tr>
            );
          })}
        </tbody>
      </table>
    </article>
  );
}

/** The last three full hours beside the same hours of its own past. */
function Lately({ reads }: { reads: Camera["reads"] }) {
  const { t, number, percent } = useSpeech();
  if (!reads) {
    return (
      <>
        <td className="numbers">{t("none")}</td>
        <td className="numbers">{t("none")}</td>
      </>
    );
  }
  const usual = (value: string) => t("flow.usual.n", { n: value });
  return (
    <>
      <td className={`numbers ${reads.rate_fell ? "bad" : ""}`} data-fell={reads.rate_fell}>
        {reads.read_rate === null ? t("none") : percent(reads.read_rate, 1)}
        {reads.rate_fell && <strong> {t("nodes.fell.mark")}</strong>}
        <div className="muted small">
          {reads.usual_read_rate === null
            ? t("nodes.no_usual")
            : `${usual(percent(reads.usual_read_rate, 1))} · ${t("nodes.days", { n: reads.days })}`}
        </div>
      </td>
      <td className={`numbers ${reads.passages_fell ? "bad" : ""}`} data-fell={reads.passages_fell}>
        {number(reads.passages)}
        {reads.passages_fell && <strong> {t("nodes.fell.mark")}</strong>}
        <div className="muted small">
          {reads.usual_passages === null
            ? t("nodes.no_usual")
            : usual(number(reads.usual_passages, { maximumFractionDigits: 0 }))}
        </div>
      </td>
    </>
  );
}

function size(bytes: number, { number }: Speech): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  let at = 0;
  let value = bytes;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  const unit = units[at] ?? "byte";
  return number(value, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 });
}
