// A new list: whose it is, why, and what holds for each of its rows that doesn't say otherwise.
import { Checkbox, Select } from "antd";
import { type ChangeEvent, type SubmitEvent, useEffect, useRef, useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import type { Checkpoint, Hotlist } from "../../api/types";
import { useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import { Choices } from "../../parts/Choice";
import { draftOf, keepDraft } from "../../parts/drafts";
import { Field, fieldProps, Refusal, refusedFields, useFocusOnRefusal } from "../../parts/Field";
import { Icon } from "../../parts/Icon";
import Moment from "../../parts/Moment";

const NAME = "hotlist";
const DAY_MS = 86_400_000;
const TEXTS = ["name", "department", "purpose", "case_number", "legal_basis", "contact"] as const;
const FIELDS = [
  ...TEXTS,
  "danger_note",
  "instructions",
  "priority",
  "checkpoints",
  "valid_until",
  "exact_only",
];

interface Typed {
  name: string;
  department: string;
  purpose: string;
  case_number: string;
  legal_basis: string;
  contact: string;
  danger_note: string;
  instructions: string;
  priority: number;
  checkpoints: string[];
  exact_only: boolean;
  valid_until: string | null;
}

function blank(): Typed {
  return {
    name: "",
    department: "",
    purpose: "",
    case_number: "",
    legal_basis: "",
    contact: "",
    danger_note: "",
    instructions: "",
    priority: 3,
    checkpoints: [],
    exact_only: false,
    valid_until: new Date(Date.now() + 180 * DAY_MS).toISOString(),
  };
}

interface HotlistFormProps {
  places: Checkpoint[];
  made: (hotlist: Hotlist) => void;
}

export function HotlistForm({ places, made }: HotlistFormProps) {
  const { t } = useSpeech();
  const [typed, setTyped] = useState<Typed>(() => draftOf<Typed>(NAME) ?? blank());
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const sent = useRef(false);
  useFocusOnRefusal(form, problem);
  useEffect(() => {
    if (!sent.current) keepDraft(NAME, typed);
  }, [typed]);
  const set = (change: Partial<Typed>) => setTyped((before) => ({ ...before, ...change }));
  const text = (name: (typeof TEXTS)[number] | "danger_note") => ({
    ...fieldProps(name, problem),
    type: "text",
    maxLength: name === "case_number" ? 128 : 200,
    value: typed[name],
    onChange: ({ target }: ChangeEvent<HTMLInputElement>) => set({ [name]: target.value }),
  });
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const body = { ...typed, valid_until: typed.valid_until ?? "", areas: [] };
      const list = await answer(api.POST("/api/hotlists", { body }));
      sent.current = true;
      keepDraft(NAME, null);
      made(list);
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  return (
    <form ref={form} className="form" onSubmit={(event) => void submit(event)}>
      <h2>{t("hotlist.new")}</h2>
      <p className="hint">{t("hotlist.new.hint")}</p>
      <div className="fields">
        {TEXTS.map((name) => (
          <Field
            key={name}
            name={name}
            label={
              name === "name"
                ? "hotlist.name"
                : name === "department"
                  ? "hotlist.department"
                  : name === "purpose"
                    ? "hotlist.purpose"
                    : `field.${name}`
            }
            required
            problem={problem}
          >
            <input {...text(name)} required />
          </Field>
        ))}
        <Field name="priority" required problem={problem}>
          <Select<number>
            id="field-priority"
            suffix={<Icon name="down" />}
            value={typed.priority}
            onChange={(priority) => set({ priority })}
            options={([1, 2, 3, 4] as const).map((n) => ({ value: n, label: t(`priority.word.${n}`) }))}
          />
        </Field>
        <Field name="valid_until" required hint={t("zone.hint", { zone: zone() })} problem={problem}>
          <Moment
            name="valid_until"
            required
            value={typed.valid_until}
            change={(valid_until) => set({ valid_until })}
          />
        </Field>
        <Field name="danger_note" wide hint={t("orders.danger.hint")} problem={problem}>
          <input {...text("danger_note")} />
        </Field>
        <Field name="instructions" wide problem={problem}>
          <textarea
            {...fieldProps("instructions", problem)}
            rows={2}
            maxLength={2000}
            value={typed.instructions}
            onChange={({ target }) => set({ instructions: target.value })}
          />
        </Field>
        <Field name="checkpoints" wide hint={t("orders.checkpoints.hint")} problem={problem}>
          <Choices
            name="checkpoints"
            values={typed.checkpoints}
            change={(checkpoints) => set({ checkpoints })}
            options={places.map((p) => ({ value: p.checkpoint_id, label: p.name }))}
            placeholder={t("everywhere")}
          />
        </Field>
        <div className="field field-wide">
          <Checkbox
            name="exact_only"
            checked={typed.exact_only}
            onChange={({ target }) => set({ exact_only: target.checked })}
          >
            {t("hotlist.exact_only")}
          </Checkbox>
        </div>
      </div>
      <Refusal problem={problem} fields={FIELDS} />
      <div className="row">
        <button className="button button-main" type="submit" aria-disabled={busy}>
          {t("hotlist.create")}
        </button>
        {refusedFields(problem).length > 0 && <span className="bad">{t("orders.look_again")}</span>}
      </div>
    </form>
  );
}
