// Evidence images come by their own road, often after the record: a place is kept, and asked for again.
import { type ReactNode, useEffect, useState } from "react";
import type { Passage } from "../api/types";
import { type Key, useSpeech } from "../base/language";
import { type Whereabouts, whereabouts } from "./whereabouts";
import { Window } from "./Window";

const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15000];

type Box = readonly [number, number, number, number];

interface EvidenceProps {
  url: string | null;
  alt: string;
  shape: "scene" | "vehicle" | "plate";
  /** In the image's pixels, drawn over it. */
  boxes?: { box: Box | null; name: string }[];
  onOpen?: (() => void) | undefined;
}

/** The image at `url`; while it isn't there, a placeholder that tries again until it is. */
export function Evidence(props: EvidenceProps) {
  // Another picture is another component: nothing of the one before is left.
  return props.url ? (
    <Coming key={props.url.split("?", 1)[0]} {...props} url={props.url} />
  ) : (
    <Missing {...props} why="evidence.none_taken" />
  );
}

function Missing({ shape, why }: { shape: string; why: Key }) {
  const { t } = useSpeech();
  return (
    <figure className={`evidence evidence-${shape}`}>
      <div className={`evidence-missing ${why === "evidence.on_its_way" ? "evidence-coming" : ""}`}>
        <span>{t(why)}</span>
      </div>
    </figure>
  );
}

function Coming({ url, alt, shape, boxes = [], onOpen }: EvidenceProps & { url: string }) {
  const { t } = useSpeech();
  // Each answer has an address of its own for the same picture; the one that is shown is not fetched again.
  const [source, setSource] = useState(url);
  const [found, setFound] = useState<Whereabouts>("here");
  const [tries, setTries] = useState(0);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  useEffect(() => {
    if (found !== "away") return;
    let gone = false;
    const timer = setTimeout(
      () => {
        void whereabouts(url).then((now) => {
          if (gone) return;
          setTries((n) => n + 1);
          setFound(now);
          setSource(url);
        });
      },
      WAITS_MS[Math.min(tries, WAITS_MS.length - 1)],
    );
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [url, found, tries]);
  if (found !== "here") {
    return <Missing shape={shape} why={found === "denied" ? "evidence.denied" : "evidence.on_its_way"} />;
  }
  const shown: ReactNode = (
    <>
      <img
        src={source}
        alt={alt}
        decoding="async"
        loading={shape === "plate" ? "lazy" : "eager"}
        onError={() => (source === url ? setFound("away") : setSource(url))}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
          setSize({ width: naturalWidth, height: naturalHeight })
        }
      />
      {size && <Boxes boxes={boxes} {...size} />}
    </>
  );
  return (
    <figure className={`evidence evidence-${shape}`}>
      {onOpen ? (
        <button className="evidence-open" type="button" title={t("evidence.enlarge")} onClick={onOpen}>
          {shown}
        </button>
      ) : (
        shown
      )}
    </figure>
  );
}

function Boxes({
  boxes,
  width,
  height,
}: {
  boxes: NonNullable<EvidenceProps["boxes"]>;
  width: number;
  height: number;
}) {
  const drawn = boxes.flatMap(({ box, name }) => (box ? [{ box, name }] : []));
  if (!drawn.length) return null;
  const margin = Math.max(2, width / 300);
  return (
    <svg
      className="evidence-boxes"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="xMidYMid meet"
      aria-hidden="true"
    >
      {drawn.map(({ box: [x1, y1, x2, y2], name }) => (
        <rect
          key={name}
          className={`box box-${name}`}
          x={x1 - margin}
          y={y1 - margin}
          width={x2 - x1 + 2 * margin}
          height={y2 - y1 + 2 * margin}
          rx={margin}
        />
      ))}
    </svg>
  );
}

/** A passage's scene with the vehicle's and the plate's boxes. */
export function Scene({ passage, onOpen }: { passage: Passage; onOpen?: () => void }) {
  const { t } = useSpeech();
  return (
    <Evidence
      url={passage.evidence.scene ?? null}
      alt={t("evidence.scene")}
      shape="scene"
      boxes={[
        { box: passage.vehicle_box as Box | null, name: "vehicle" },
        { box: passage.plate_box as Box | null, name: "plate" },
      ]}
      onOpen={onOpen}
    />
  );
}

export function VehiclePicture({ passage }: { passage: Passage }) {
  const { t } = useSpeech();
  return <Evidence url={passage.evidence.vehicle ?? null} alt={t("evidence.vehicle")} shape="vehicle" />;
}

export function PlateCrop({ passage }: { passage: Pick<Passage, "evidence"> }) {
  const { t } = useSpeech();
  return <Evidence url={passage.evidence.plate ?? null} alt={t("evidence.plate")} shape="plate" />;
}

/** The scene as large as the screen. */
export function SceneWindow({ passage, close }: { passage: Passage; close: () => void }) {
  const { t } = useSpeech();
  return (
    <Window label={t("evidence.scene")} close={close} className="lightbox">
      <Scene passage={passage} />
    </Window>
  );
}
