// The read, position by position: what else the reader saw, so that a person knows where to look.
import type { Plate } from "../api/types";
import { useSpeech } from "../base/language";

const SURE = 0.9;
const WORTH_SHOWING = 0.01;

/**
 * One cell a position: the character read, its probability, the runner-up.
 * `wanted`: the order's plate; a position that differs from it is marked.
 */
export function Lattice({ plate, wanted = null }: { plate: Plate; wanted?: string | null }) {
  const { t, percent } = useSpeech();
  const characters = [...plate.text];
  const target = wanted === null ? null : [...wanted];
  const comparable = target?.length === characters.length;
  return (
    <ol className="lattice" aria-label={t("lattice.title")}>
      {characters.map((character, at) => {
        const position = (plate.alternatives[at] ?? []) as [string, number][];
        const probability = position.find(([c]) => c === character)?.[1] ?? null;
        const other = position.find(([c, p]) => c !== character && p >= WORTH_SHOWING);
        const differs = comparable && target[at] !== character;
        const state = differs ? "differs" : probability !== null && probability < SURE ? "unsure" : "sure";
        return (
          <li key={at} className={`lattice-cell lattice-${state}`}>
            <span className="lattice-character" translate="no">
              {character}
            </span>
            <span className="lattice-probability">
              {probability === null ? t("none") : percent(probability)}
            </span>
            <span className="lattice-other" translate="no">
              {other ? `${other[0] || "–"} ${percent(other[1])}` : " "}
            </span>
            {differs && (
              <span className="lattice-wanted">{t("lattice.wanted", { character: target[at] ?? "" })}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
