// What lies under the checkpoints: tiles and lines, where the centre has any. Fetched once a session.
import L from "leaflet";
import { answer, api } from "../api/client";
import type { MapGround } from "../api/types";

interface Loaded {
  ground: MapGround;
  layers: [string, GeoJSON.GeoJsonObject][];
}

let loading: Promise<Loaded | null> | null = null;

async function load(): Promise<Loaded | null> {
  try {
    const ground = await answer(api.GET("/api/map"));
    const layers = await Promise.all(
      ground.layers.map(async (name): Promise<[string, GeoJSON.GeoJsonObject]> => {
        const call = api.GET("/api/map/layers/{name}", { params: { path: { name } } });
        return [name, (await answer(call)) as unknown as GeoJSON.GeoJsonObject];
      }),
    );
    return { ground, layers };
  } catch {
    loading = null; // asked again with the next map; meanwhile the ground is plain
    return null;
  }
}

/** Put it under what is drawn on the map; `gone` says whether the map is there no more. */
export async function layGround(map: L.Map, gone: () => boolean): Promise<void> {
  loading ??= load();
  const loaded = await loading;
  if (!loaded || gone()) return;
  const { ground, layers } = loaded;
  if (ground.tiles) {
    const { address, nearest, deepest } = ground.tiles;
    L.tileLayer(address, {
      minZoom: nearest,
      maxNativeZoom: deepest,
      maxZoom: 22,
      className: "map-tiles",
      attribution: ground.attribution,
    }).addTo(map);
  }
  for (const [name, lines] of layers) {
    const pane = map.getPane(`ground-${name}`) ?? map.createPane(`ground-${name}`);
    pane.classList.add("map-ground"); // under the ways that are drawn
    L.geoJSON(lines, {
      pane: `ground-${name}`,
      interactive: false,
      style: { className: `map-${name}` },
    }).addTo(map);
    pane.querySelector("svg")?.setAttribute("aria-hidden", "true");
  }
  if (ground.attribution) {
    // As text: what the configuration says is no markup.
    const said = new L.Control({ position: "bottomright" });
    said.onAdd = () => {
      const box = document.createElement("div");
      box.className = "map-whose";
      box.translate = false;
      box.textContent = ground.attribution;
      return box;
    };
    said.addTo(map);
  }
}
