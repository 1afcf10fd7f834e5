// Which vehicles a search found: of one by likeness the texts that the plate may have been read as, the likeliest
// first; of any other the plates among what is here, the most frequent first.
import { useMemo } from "react";
import type { Candidate, Passage } from "../../api/types";
import { useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import { type Drawn, PlateChip } from "../../parts/Plate";
import { TableHead } from "../../parts/TableHead";
import { Time } from "../../parts/Text";

interface Vehicle {
  plate: Drawn;
  passages: number;
  likelihood: number | null;
  first_at: string;
  last_at: string;
}

const MOST_SHOWN = 50;

interface VehiclesProps {
  /** Newest first. */
  passages: Passage[];
  candidates: Candidate[];
  chosen: string | null;
  choose: (plate: string | null) => void;
  follow: (plate: string) => void;
}

export function Vehicles({ passages, candidates, chosen, choose, follow }: VehiclesProps) {
  const { t, number, percent } = useSpeech();
  const all = useMemo(() => grouped(passages, candidates), [passages, candidates]);
  if (!all.length) return null;
  const like = candidates.length > 0;
  const head = [
    t("field.plate"),
    t(like ? "search.group.passages" : "search.group.loaded"),
    ...(like ? [t("search.group.likelihood")] : []),
    t("search.group.first", { zone: zone() }),
    t("search.group.last", { zone: zone() }),
    t("search.group.do"),
  ];
  return (
    <section className="vehicles" aria-label={t("search.group.title")}>
      <h2>
        {t("search.group.title")} <span className="muted">{number(all.length)}</span>
      </h2>
      <div className="scroll vehicles-scroll" tabIndex={0} role="group" aria-label={t("search.group.title")}>
        <table className="table vehicles-table">
          <TableHead texts={head} />
          <tbody>
            {all.slice(0, MOST_SHOWN).map((vehicle) => {
              const { text } = vehicle.plate;
              return (
                <tr key={text} data-vehicle={text} aria-current={text === chosen}>
                  <td>
                    <PlateChip plate={vehicle.plate} />
                  </td>
                  <td className="numbers">{number(vehicle.passages)}</td>
                  {like && (
                    <td className="numbers">
                      {vehicle.likelihood !== null && (
                        <Likelihood value={vehicle.likelihood} text={percent(vehicle.likelihood, 1)} />
                      )}
                    </td>
                  )}
                  <td className="numbers">
                    <Time iso={vehicle.first_at} labelled={false} />
                  </td>
                  <td className="numbers">
                    <Time iso={vehicle.last_at} labelled={false} />
                  </td>
                  <td>
                    <div className="row">
                      <button
                        className="button button-small"
                        type="button"
                        aria-pressed={text === chosen}
                        onClick={() => choose(text === chosen ? null : text)}
                      >
                        {t(text === chosen ? "search.group.all" : "search.group.only")}
                      </button>
                      <button
                        className="button button-small"
                        type="button"
                        data-action="follow"
                        title={t("search.follow.hint")}
                        onClick={() => follow(text)}
                      >
                        {t("search.follow")}
                      </button>
                    </div>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {all.length > MOST_SHOWN && <p className="hint">{t("search.group.more", { n: MOST_SHOWN })}</p>}
    </section>
  );
}

function Likelihood({ value, text }: { value: number; text: string }) {
  return (
    <span className="likelihood">
      <svg viewBox="0 0 60 6" aria-hidden="true">
        <rect className="likelihood-ground" width="60" height="6" rx="3" />
        <rect className="likelihood-value" width={Math.max(2, 60 * value)} height="6" rx="3" />
      </svg>
      {text}
    </span>
  );
}

function grouped(passages: Passage[], candidates: Candidate[]): Vehicle[] {
  const drawn = new Map<string, Drawn>();
  const found = new Map<string, Vehicle>();
  for (const { plate, captured_at: at } of passages) {
    if (!plate) continue;
    drawn.set(plate.text, plate);
    const before = found.get(plate.text);
    found.set(plate.text, {
      plate,
      passages: (before?.passages ?? 0) + 1,
      likelihood: null,
      first_at: at, // they come newest first
      last_at: before?.last_at ?? at,
    });
  }
  if (candidates.length) {
    return candidates.map(({ text, ...known }) => ({ plate: drawn.get(text) ?? { text }, ...known }));
  }
  return [...found.values()].sort((a, b) => b.passages - a.passages);
}
