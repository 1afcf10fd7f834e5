// Drafting an order. Whether the plate fits the grammar is the server's to say, in one place, for every client.
import { Checkbox, Select } from "antd";
import { type ChangeEvent, type SubmitEvent, useEffect, useRef, useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import type { Checkpoint, Order, OrderDraft } from "../../api/types";
import { useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import { draftOf, keepDraft } from "../../parts/drafts";
import { Field, fieldProps, Refusal, refusedFields, useFocusOnRefusal } from "../../parts/Field";
import { Icon } from "../../parts/Icon";
import Moment from "../../parts/Moment";
import { PlateChip } from "../../parts/Plate";
import { Data } from "../../parts/Text";
import { EstimateButton } from "./Estimate";

const NAME = "order";
const COLOURS = ["blue", "yellow", "green", "yellow_green", "white", "black"] as const;
const DAY_MS = 86_400_000;
// eslint-disable-next-line no-restricted-syntax -- a plate, in every language
const EXAMPLE = "\u5dddC\u00b712345";
const CASE_EXAMPLE = 128; // characters of a case number at most
const FIELDS = [
  "plate",
  "colour",
  "priority",
  "reason",
  "case_number",
  "legal_basis",
  "contact",
  "danger_note",
  "instructions",
  "valid_from",
  "valid_until",
  "checkpoints",
  "directions",
];

type Typed = Required<
  Pick<
    OrderDraft,
    | "plate"
    | "priority"
    | "reason"
    | "case_number"
    | "legal_basis"
    | "contact"
    | "danger_note"
    | "instructions"
    | "checkpoints"
    | "directions"
  >
> & { colour: NonNullable<OrderDraft["colour"]> | ""; valid_from: string | null; valid_until: string | null };

function blank(): Typed {
  return {
    plate: "",
    colour: "",
    priority: 3,
    reason: "",
    case_number: "",
    legal_basis: "",
    contact: "",
    danger_note: "",
    instructions: "",
    valid_from: null,
    valid_until: new Date(Date.now() + 7 * DAY_MS).toISOString(),
    checkpoints: [],
    directions: [],
  };
}

/** The shape in which a plate is previewed; the server says what it is. */
export function asTyped(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[\s·•.]/g, "")
    .toUpperCase();
}

interface OrderFormProps {
  places: Checkpoint[];
  /** Is given the new order. */
  drafted: (order: Order) => void;
}

export function OrderForm({ places, drafted }: OrderFormProps) {
  const { t, word } = useSpeech();
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
  const text = (
    name: "plate" | "reason" | "case_number" | "legal_basis" | "contact" | "danger_note",
    max = 200,
  ) => ({
    ...fieldProps(name, problem),
    type: "text",
    maxLength: max,
    value: typed[name],
    onChange: ({ target }: ChangeEvent<HTMLInputElement>) => set({ [name]: target.value }),
  });
  const body = (): OrderDraft => ({
    ...(Object.fromEntries(
      Object.entries(typed).map(([name, value]) => [name, typeof value === "string" ? value.trim() : value]),
    ) as unknown as Typed),
    colour: typed.colour || null,
    valid_until: typed.valid_until ?? "",
    kind: "plate",
    exact_only: false,
    areas: [],
    retro_hours: 0,
  });
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const order = await answer(api.POST("/api/orders", { body: body() }));
      sent.current = true;
      keepDraft(NAME, null);
      drafted(order);
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  const estimate = () => {
    if (!form.current?.reportValidity()) return null;
    return answer(api.POST("/api/orders/estimate", { body: body() }));
  };
  const preview = asTyped(typed.plate);
  const directions = [...new Set(places.flatMap((place) => place.directions))];
  return (
    <form ref={form} className="form" onSubmit={(event) => void submit(event)}>
      <h2>{t("orders.draft")}</h2>
      <div className="fields">
        <Field
          name="plate"
          required
          problem={problem}
          hint={
            <>
              {t("orders.plate.hint")} <Data>{EXAMPLE}</Data>
            </>
          }
        >
          <input {...text("plate", 20)} required spellCheck={false} />
        </Field>
        <output className="plate-preview" htmlFor="field-plate" aria-label={t("plate.preview")}>
          {preview && <PlateChip plate={{ text: preview, colour: typed.colour || "unknown" }} size="large" />}
        </output>
        <Field name="colour" hint={t("orders.colour.hint")} problem={problem}>
          <Select<Typed["colour"]>
            id="field-colour"
            suffix={<Icon name="down" />}
            value={typed.colour}
            onChange={(colour) => set({ colour })}
            options={[
              { value: "", label: t("any") },
              ...COLOURS.map((colour) => ({ value: colour, label: t(`colour.${colour}`) })),
            ]}
          />
        </Field>
        <Field name="priority" required problem={problem}>
          <Select<number>
            id="field-priority"
            suffix={<Icon name="down" />}
            value={typed.priority}
            onChange={(priority) => set({ priority })}
            options={([1, 2, 3, 4] as const).map((n) => ({ value: n, label: t(`priority.word.${n}`) }))}
          />
        </Field>
        <Field name="reason" required problem={problem}>
          <input {...text("reason")} required />
        </Field>
        <Field name="case_number" required problem={problem}>
          <input {...text("case_number", CASE_EXAMPLE)} required />
        </Field>
        <Field name="legal_basis" required problem={problem}>
          <input {...text("legal_basis")} required />
        </Field>
        <Field name="contact" required problem={problem}>
          <input {...text("contact")} required />
        </Field>
        <Field name="danger_note" wide hint={t("orders.danger.hint")} problem={problem}>
          <input {...text("danger_note")} />
        </Field>
        <Field name="instructions" wide problem={problem}>
          <textarea
            {...fieldProps("instructions", problem)}
            rows={3}
            maxLength={2000}
            value={typed.instructions}
            onChange={({ target }) => set({ instructions: target.value })}
          />
        </Field>
        <Field name="valid_from" hint={t("orders.valid_from.hint", { zone: zone() })} problem={problem}>
          <Moment name="valid_from" value={typed.valid_from} change={(valid_from) => set({ valid_from })} />
        </Field>
        <Field name="valid_until" required hint={t("zone.hint", { zone: zone() })} problem={problem}>
          <Moment
            name="valid_until"
            value={typed.valid_until}
            change={(valid_until) => set({ valid_until })}
            required
          />
        </Field>
        <Field name="checkpoints" wide hint={t("orders.checkpoints.hint")} problem={problem}>
          <Select<string[]>
            id="field-checkpoints"
            suffix={<Icon name="down" />}
            mode="multiple"
            showSearch={{ optionFilterProp: "label" }}
            placeholder={t("everywhere")}
            value={typed.checkpoints}
            onChange={(checkpoints) => set({ checkpoints })}
            options={places.map((p) => ({ value: p.checkpoint_id, label: p.name }))}
          />
        </Field>
        {directions.length > 0 && (
          <fieldset className="field field-wide">
            <legend>{t("field.directions")}</legend>
            <Checkbox.Group
              name="directions"
              value={typed.directions}
              onChange={(chosen) => set({ directions: chosen })}
              options={directions.map((value) => ({ value, label: word("direction", value) ?? value }))}
            />
            <p className="hint">{t("orders.directions.hint")}</p>
          </fieldset>
        )}
      </div>
      <EstimateButton ask={estimate} />
      <div className="complaint-place">
        <Refusal problem={problem} fields={FIELDS} />
      </div>
      <div className="row">
        <button className="button button-main" type="submit" aria-disabled={busy}>
          {t("orders.save")}
        </button>
        {refusedFields(problem).length > 0 && <span className="bad">{t("orders.look_again")}</span>}
      </div>
    </form>
  );
}
