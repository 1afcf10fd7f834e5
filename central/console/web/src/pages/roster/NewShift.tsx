// Entering a shift. Who may be on duty, and for how long, is the server's to say.
import { type SubmitEvent, useRef, useState } from "react";
import { answer, api } from "../../api/client";
import { useCommand } from "../../api/command";
import { useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import AreaSelect from "../../parts/AreaSelect";
import { Field, fieldProps, Refusal, useFocusOnRefusal } from "../../parts/Field";
import Moment from "../../parts/Moment";

const FIELDS = ["team", "people", "starts_at", "ends_at", "areas", "line"];
const LINES = 9;

interface Typed {
  team: string;
  people: string;
  starts_at: string | null;
  ends_at: string | null;
  areas: string[];
  line: number;
}

const BLANK: Typed = { team: "", people: "", starts_at: null, ends_at: null, areas: [], line: 1 };

export function NewShift({ entered }: { entered: () => void }) {
  const { t } = useSpeech();
  const [typed, setTyped] = useState<Typed>(BLANK);
  const { busy, problem, run } = useCommand();
  const form = useRef<HTMLFormElement>(null);
  useFocusOnRefusal(form, problem);
  const set = (change: Partial<Typed>) => setTyped((before) => ({ ...before, ...change }));
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const body = {
      ...typed,
      people: typed.people.split(/[\s,;\uff0c\uff1b\u3001]+/).filter(Boolean),
      starts_at: typed.starts_at ?? "",
      ends_at: typed.ends_at ?? "",
    };
    if (await run(() => answer(api.POST("/api/roster/shifts", { body })))) {
      // The next shift is most often the next team's, where this one ends.
      setTyped(({ areas, ends_at }) => ({ ...BLANK, areas, starts_at: ends_at }));
      entered();
    }
  };
  return (
    <form ref={form} className="form" onSubmit={(event) => void submit(event)}>
      <h2>{t("roster.enter")}</h2>
      <div className="fields">
        <Field name="team" label="roster.team" required problem={problem}>
          <input
            {...fieldProps("team", problem)}
            type="text"
            required
            maxLength={64}
            value={typed.team}
            onChange={({ target }) => set({ team: target.value })}
          />
        </Field>
        <Field name="line" label="roster.line" problem={problem} hint={t("roster.line.hint")}>
          <input
            {...fieldProps("line", problem, true)}
            type="number"
            min={1}
            max={LINES}
            value={typed.line}
            onChange={({ target }) =>
              set({ line: Math.min(LINES, Math.max(1, Math.round(target.valueAsNumber) || 1)) })
            }
          />
        </Field>
        <Field
          name="people"
          label="roster.people"
          required
          wide
          problem={problem}
          hint={t("roster.people.hint")}
        >
          <input
            {...fieldProps("people", problem, true)}
            type="text"
            required
            spellCheck={false}
            value={typed.people}
            onChange={({ target }) => set({ people: target.value })}
          />
        </Field>
        <Field
          name="starts_at"
          label="roster.from"
          required
          problem={problem}
          hint={t("zone.hint", { zone: zone() })}
        >
          <Moment name="starts_at" value={typed.starts_at} change={(starts_at) => set({ starts_at })} />
        </Field>
        <Field
          name="ends_at"
          label="roster.to"
          required
          problem={problem}
          hint={t("zone.hint", { zone: zone() })}
        >
          <Moment name="ends_at" value={typed.ends_at} change={(ends_at) => set({ ends_at })} />
        </Field>
        <Field name="areas" label="users.areas" wide problem={problem}>
          <AreaSelect id="field-areas" value={typed.areas} change={(areas) => set({ areas })} />
        </Field>
      </div>
      <Refusal problem={problem} fields={FIELDS} />
      <div className="row">
        <button className="button button-main" type="submit" aria-disabled={busy}>
          {t("roster.enter.do")}
        </button>
      </div>
    </form>
  );
}
