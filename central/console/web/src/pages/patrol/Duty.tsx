// On duty or not, and with it: whether the position is shared, said plainly.
import { useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import type { Unit } from "../../api/types";
import { useSpeech } from "../../base/language";
import { choose } from "../../base/settings";
import { useStore } from "../../base/store";
import { Complaint } from "../../parts/States";
import { Age, Data, Term } from "../../parts/Text";
import { sharing } from "../../phone/position";

type Status = Unit["status"];
const CHOICES: Status[] = ["free", "busy", "off_duty"];

export function Duty({ unit, changed }: { unit: Unit; changed: (unit: Unit) => void }) {
  const { t } = useSpeech();
  const [problem, setProblem] = useState<Problem | null>(null);
  const say = async (status: Status) => {
    // A gesture: from now on the phone may ring.
    if (status !== "off_duty") choose("sound", true);
    try {
      const path = { unit_id: unit.unit_id };
      changed(await answer(api.POST("/api/units/{unit_id}/status", { params: { path }, body: { status } })));
      setProblem(null);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <section className="duty" aria-label={t("patrol.duty")}>
      <div className="duty-head">
        <strong>
          <Data>{unit.name}</Data>
        </strong>
        {unit.team && (
          <span className="muted">
            <Data>{unit.team}</Data>
          </span>
        )}
      </div>
      <div className="duty-choices" role="group" aria-label={t("patrol.duty")}>
        {CHOICES.map((status) => (
          <button
            key={status}
            type="button"
            className="duty-choice"
            data-status={status}
            aria-pressed={unit.status === status}
            onClick={() => void say(status)}
          >
            <Term group="unit_status" code={status} />
          </button>
        ))}
      </div>
      <Shared />
      {problem && <Complaint problem={problem} />}
    </section>
  );
}

function Shared() {
  const { t } = useSpeech();
  const { state, at, metres } = useStore(sharing);
  return (
    <p className="duty-sharing" role="status" data-sharing={state}>
      <span className="duty-dot" aria-hidden="true" />
      <span>
        {t(`sharing.${state}`)}
        {state === "on" && at !== null && (
          <>
            {" "}
            · {metres !== null && `${t("sharing.accuracy", { n: metres })} · `}
            <Age iso={new Date(at).toISOString()} />
          </>
        )}
      </span>
    </p>
  );
}
