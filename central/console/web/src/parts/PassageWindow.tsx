// A passage in a window of its own.
import { useState } from "react";
import type { Passage } from "../api/types";
import { useSpeech } from "../base/language";
import { PlateCrop, Scene, SceneWindow, VehiclePicture } from "./Evidence";
import { Facts } from "./Facts";
import { Lattice } from "./Lattice";
import { PlateChip } from "./Plate";
import { Data, Lane, Term, Time } from "./Text";
import { Window } from "./Window";

export function PassageWindow({ passage, close }: { passage: Passage; close: () => void }) {
  const { t, percent } = useSpeech();
  const [enlarged, setEnlarged] = useState(false);
  const { plate } = passage;
  return (
    <Window
      label={t("passage.title")}
      head={plate ? <PlateChip plate={plate} size="large" /> : <span className="tag">{t("plate.unread")}</span>}
      close={close}
    >
      <div className="window-body">
        <div>
          <PlateCrop passage={passage} />
          {plate && <Lattice plate={plate} />}
          <Facts
            of={[
              ["field.captured_at", <Time iso={passage.captured_at} millis />],
              ["field.checkpoint", <Data>{passage.checkpoint.name}</Data>],
              ["field.lane", <Lane {...passage} />],
              plate
                ? [
                    "field.confidence",
                    <span>
                      {percent(plate.confidence, 1)}{" "}
                      <span className="muted">{t("frames.n", { n: plate.frames })}</span>
                    </span>,
                  ]
                : ["field.unread", <Term group="unread" code={passage.unread_reason} />],
              ["field.clock", <Term group="clock" code={passage.clock} />],
              ["field.node", <Data>{passage.node_id}</Data>],
            ]}
          />
        </div>
        <div>
          <Scene passage={passage} onOpen={() => setEnlarged(true)} />
          {passage.evidence.vehicle && <VehiclePicture passage={passage} />}
        </div>
      </div>
      {enlarged && <SceneWindow passage={passage} close={() => setEnlarged(false)} />}
    </Window>
  );
}
