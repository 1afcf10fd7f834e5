// A map without tiles: checkpoints where they lie, a vehicle's way between them, where it is expected, who is near.
import "leaflet/dist/leaflet.css";
import "../styles/map.css";
import L from "leaflet";
import { useEffect, useRef } from "react";
import type { Checkpoint, Post, Unit } from "../api/types";
import { type Key, type Speech, useSpeech } from "../base/language";
import { clockText } from "../base/time";
import { layGround } from "./ground";
import type { Standing } from "./standing";

export interface Visit {
  checkpoint_id: string;
  at: string;
}

/** The traffic from one checkpoint to the next. */
export interface MapSection {
  key: string;
  start: string;
  end: string;
  /** "free", "slow", "jammed", "blocked", "unknown". */
  state: string;
  chosen: boolean;
}

export interface MapProps {
  places: Checkpoint[];
  sections?: MapSection[];
  /** Is given the key of a section that was clicked; whoever has no mouse needs another way to it. */
  pick?: (key: string) => void;
  /** What it shows, and how it is to be read; a vehicle's way otherwise. */
  title?: Key;
  note?: Key;
  /** In the order of time. */
  visits?: Visit[];
  posts?: Post[];
  units?: Unit[];
  /** How many open alerts stand where. */
  alerts?: Standing[];
  /** So many of the visits are drawn; the last of them is where the vehicle is. */
  upTo?: number;
}

type Spot = [number, number];
const NONE: never[] = [];

export default function Map({
  places,
  sections = NONE,
  pick,
  visits = NONE,
  posts = NONE,
  units = NONE,
  alerts = NONE,
  upTo,
  title = "map.title",
  note = "map.note",
}: MapProps) {
  const speech = useSpeech();
  const { t } = speech;
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<{ map: L.Map; layer: L.LayerGroup } | null>(null);
  const framed = useRef("");
  const extent = useRef<Spot[]>([]);
  const touched = useRef(false);
  const picked = useRef(pick);
  useEffect(() => {
    picked.current = pick;
  });

  useEffect(() => {
    if (!box.current) return;
    const made = L.map(box.current, {
      zoomControl: false,
      attributionControl: false,
      keyboard: false,
      zoomSnap: 0.25,
      maxZoom: 18,
    });
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(made);
    map.current = { map: made, layer: L.layerGroup().addTo(made) };
    // As long as nobody has moved it, the map shows all: what stands beside it comes and goes.
    const watcher = new ResizeObserver(() => {
      made.invalidateSize({ animate: false });
      if (!touched.current) fit(made, extent.current);
    });
    watcher.observe(box.current);
    touched.current = false;
    const touch = () => {
      touched.current = true;
    };
    made.on("dragstart", touch);
    box.current.addEventListener("wheel", touch, { passive: true });
    box.current.addEventListener("dblclick", touch);
    let gone = false;
    void layGround(made, () => gone);
    return () => {
      gone = true;
      watcher.disconnect();
      made.remove();
      map.current = null;
      framed.current = "";
    };
  }, []);

  useEffect(() => {
    if (!map.current) return;
    const { map: view, layer } = map.current;
    const at = spotsOf(places);
    extent.current = [...at.values()];
    const frame = JSON.stringify(extent.current);
    if (extent.current.length && frame !== framed.current) {
      framed.current = frame;
      fit(view, extent.current);
    }
    if (!extent.current.length) view.setView([35, 105], 4);
    layer.clearLayers();
    drawSections(layer, sections, at, (key) => picked.current?.(key));
    draw(
      layer,
      { places, at, visits: upTo === undefined ? visits : visits.slice(0, upTo), posts, units, alerts },
      speech,
    );
    // The figure has its name; the lines in it have none.
    view.getPane("overlayPane")?.querySelector("svg")?.setAttribute("aria-hidden", "true");
  }, [places, sections, visits, posts, units, alerts, upTo, speech]);

  return (
    <figure className="map-figure">
      <div className="map" ref={box} role="img" aria-label={t(title)} />
      <figcaption className="visually-hidden">{t(note)}</figcaption>
    </figure>
  );
}

function fit(view: L.Map, extent: Spot[]): void {
  if (!extent.length) return;
  view.fitBounds(L.latLngBounds(extent), { padding: [44, 34], maxZoom: 15, animate: false });
}

function spotsOf(places: Checkpoint[]): globalThis.Map<string, Spot> {
  const found = new globalThis.Map<string, Spot>();
  for (const { checkpoint_id, latitude, longitude } of places) {
    if (latitude !== null && longitude !== null) found.set(checkpoint_id, [latitude, longitude]);
  }
  return found;
}

const WEIGHTS: Record<string, number> = { free: 3, slow: 4, jammed: 5, blocked: 6 };

function drawSections(
  layer: L.LayerGroup,
  sections: MapSection[],
  at: globalThis.Map<string, Spot>,
  pick: (key: string) => void,
): void {
  // What is chosen lies on top.
  for (const { key, start, end, state, chosen } of [...sections].sort((a, b) => +a.chosen - +b.chosen)) {
    const [from, to] = [at.get(start), at.get(end)];
    if (!from || !to) continue;
    const weight = (WEIGHTS[state] ?? 2) + (chosen ? 3 : 0);
    const line = L.polyline(bow(from, to), {
      className: `map-flow map-flow-${state}${chosen ? " map-flow-chosen" : ""}`,
      weight,
    });
    line.on("click", () => pick(key)).addTo(layer);
    if (chosen)
      L.marker(middle(from, to), { icon: arrow(from, to), interactive: false, keyboard: false }).addTo(layer);
  }
}

interface Scene {
  places: Checkpoint[];
  at: globalThis.Map<string, Spot>;
  visits: Visit[];
  posts: Post[];
  units: Unit[];
  alerts: Standing[];
}

function draw(layer: L.LayerGroup, { places, at, visits, posts, units, alerts }: Scene, speech: Speech): void {
  const numbers = new globalThis.Map<string, number[]>();
  visits.forEach(({ checkpoint_id }, index) => {
    numbers.set(checkpoint_id, [...(numbers.get(checkpoint_id) ?? []), index + 1]);
  });
  const here = visits.at(-1)?.checkpoint_id;
  for (const post of posts) {
    const way = [here, ...post.via.map((via) => via.checkpoint_id), post.checkpoint.checkpoint_id];
    const spots = way.map((id) => at.get(id ?? "")).filter((spot) => spot !== undefined);
    if (spots.length > 1) {
      L.polyline(spots, { className: `map-ahead map-ahead-${post.ring}`, weight: 2, interactive: false }).addTo(
        layer,
      );
    }
  }
  visits.slice(1).forEach(({ checkpoint_id }, index) => {
    const [from, to] = [at.get(visits[index]?.checkpoint_id ?? ""), at.get(checkpoint_id)];
    if (!from || !to || from === to) return;
    L.polyline(bow(from, to), { className: "map-leg", weight: 2.5, interactive: false }).addTo(layer);
    L.marker(middle(from, to), { icon: arrow(from, to), interactive: false, keyboard: false }).addTo(layer);
  });
  const expected = new globalThis.Map(posts.map((post) => [post.checkpoint.checkpoint_id, post]));
  const standing = new globalThis.Map(alerts.map((each) => [each.checkpoint_id, each]));
  for (const place of places) {
    const spot = at.get(place.checkpoint_id);
    if (!spot) continue;
    const here_now = standing.get(place.checkpoint_id);
    if (here_now) {
      L.marker(spot, {
        icon: label(
          `map-spot map-alert map-alert-${here_now.priority} ${here_now.waiting ? "map-alert-waiting" : ""}`,
          [
            ["map-count", String(here_now.count)],
            ["map-name", place.name],
          ],
        ),
        interactive: false,
        keyboard: false,
        zIndexOffset: 500 - here_now.priority,
      }).addTo(layer);
      continue;
    }
    const seen = numbers.get(place.checkpoint_id);
    const post = expected.get(place.checkpoint_id);
    const kind =
      place.checkpoint_id === here ? "visited map-here" : seen ? "visited" : post ? "expected" : "plain";
    L.marker(spot, {
      icon: label(`map-spot map-${kind}`, [
        ["map-numbers", seen ? short(seen) : ""],
        ["map-name", place.name],
        ["map-window", post ? window(post) : ""],
      ]),
      interactive: false,
      keyboard: false,
      zIndexOffset: seen ? 200 : post ? 100 : 0,
    }).addTo(layer);
  }
  for (const { name, status, position } of units) {
    if (!position || status === "off_duty") continue;
    L.marker([position.latitude, position.longitude], {
      icon: label(`map-unit map-unit-${status}`, [["map-unit-name", name]]),
      title: speech.word("unit_status", status) ?? status,
      interactive: false,
      keyboard: false,
      zIndexOffset: 300,
    }).addTo(layer);
  }
}

function window({ p50, p90 }: Post): string {
  const text = (iso: string) => clockText(new Date(iso), { seconds: false });
  return `${text(p50)}–${text(p90)}`;
}

function short(numbers: number[]): string {
  return numbers.length > 4
    ? `${numbers.slice(0, 3).join(", ")} … ${String(numbers.at(-1))}`
    : numbers.join(", ");
}

/** Elements and no markup: a checkpoint's name is text. */
function label(className: string, parts: [string, string][]): L.DivIcon {
  const root = document.createElement("div");
  root.append(document.createElement("i"));
  for (const [name, text] of parts) {
    if (!text) continue;
    const part = document.createElement("span");
    part.className = name;
    part.translate = false;
    part.textContent = text;
    root.append(part);
  }
  return L.divIcon({ className, html: root, iconSize: [0, 0] });
}

/** A bowed line, so that there and back do not lie on one another. */
function bow(from: Spot, to: Spot): Spot[] {
  const control = bent(from, to, 2);
  return Array.from({ length: 13 }, (_, i) => {
    const s = i / 12;
    const mix = (a: number, c: number, b: number) => (1 - s) ** 2 * a + 2 * s * (1 - s) * c + s ** 2 * b;
    return [mix(from[0], control[0], to[0]), mix(from[1], control[1], to[1])];
  });
}

function bent(from: Spot, to: Spot, strength: number): Spot {
  const [dy, dx] = [to[0] - from[0], to[1] - from[1]];
  return [(from[0] + to[0]) / 2 + dx * 0.06 * strength, (from[1] + to[1]) / 2 - dy * 0.06 * strength];
}

function middle(from: Spot, to: Spot): Spot {
  return bent(from, to, 1);
}

function arrow(from: Spot, to: Spot): L.DivIcon {
  const narrow = Math.cos((from[0] * Math.PI) / 180);
  const degrees = (Math.atan2((to[1] - from[1]) * narrow, to[0] - from[0]) * 180) / Math.PI;
  const head = document.createElement("i");
  head.style.rotate = `${degrees.toFixed(1)}deg`;
  return L.divIcon({ className: "map-arrow", html: head, iconSize: [0, 0] });
}
