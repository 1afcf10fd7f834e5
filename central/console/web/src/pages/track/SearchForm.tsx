// The question: plate, time, why; and, where wanted, all else that a passage has.
import { Segmented } from "antd";
import { type ChangeEvent, type SubmitEvent, useRef } from "react";
import type { Problem } from "../../api/client";
import type { Checkpoint } from "../../api/types";
import { useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import { Choice, Choices } from "../../parts/Choice";
import { Field, fieldProps, Refusal, useFocusOnRefusal } from "../../parts/Field";
import Moment from "../../parts/Moment";
import { type Purpose, PurposeFields } from "../../parts/Purpose";
import { type How, lately, narrowed, type Question } from "./question";

const FIELDS = [
  "plate",
  "since",
  "until",
  "reason",
  "case_number",
  "classes",
  "colours",
  "checkpoints",
  "lanes",
  "directions",
  "min_confidence",
  "max_confidence",
];
const HOWS: How[] = ["exact", "pattern", "like"];
const SPANS = [1, 7, 30, 90] as const;
const MOST_LANES = 8;

interface SearchFormProps {
  question: Question;
  change: (question: Question) => void;
  purpose: Purpose;
  changePurpose: (purpose: Purpose) => void;
  places: Checkpoint[];
  problem: Problem | null;
  busy: boolean;
  ask: () => void;
}

export function SearchForm({
  question,
  change,
  purpose,
  changePurpose,
  places,
  problem,
  busy,
  ask,
}: SearchFormProps) {
  const { t, word, codes } = useSpeech();
  const form = useRef<HTMLFormElement>(null);
  useFocusOnRefusal(form, problem);
  const set = (part: Partial<Question>) => change({ ...question, ...part });
  const named = (group: string) => codes(group).map((value) => ({ value, label: word(group, value) ?? value }));
  const lanes = Math.max(4, ...places.map((place) => Math.min(MOST_LANES, place.lanes)));
  const directions = [...new Set(places.flatMap((place) => place.directions))];
  const more = narrowed(question);
  const moment = (name: "since" | "until") => (
    <Field name={name} required hint={t("zone.hint", { zone: zone() })} problem={problem}>
      <Moment name={name} required value={question[name]} change={(iso) => set({ [name]: iso })} />
    </Field>
  );
  const share = (name: "min_confidence" | "max_confidence") => (
    <Field name={name} problem={problem}>
      <input
        {...fieldProps(name, problem)}
        type="number"
        min={0}
        max={100}
        step="any"
        value={question[name]}
        onChange={({ target }: ChangeEvent<HTMLInputElement>) => set({ [name]: target.value })}
      />
    </Field>
  );
  return (
    <form
      ref={form}
      className="form track-form"
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        ask();
      }}
    >
      <h1>{t("page.track")}</h1>
      <div className="fields">
        <Segmented<How>
          block
          aria-label={t("search.how")}
          value={question.how}
          onChange={(how) => set({ how })}
          options={HOWS.map((how) => ({ value: how, label: t(`search.how.${how}`) }))}
        />
        <Field
          name="plate"
          required={question.how !== "exact"}
          hint={t(`search.plate.${question.how}`)}
          problem={problem}
        >
          <input
            {...fieldProps("plate", problem, true)}
            type="text"
            maxLength={32}
            required={question.how !== "exact"}
            spellCheck={false}
            value={question.plate}
            onChange={({ target }) => set({ plate: target.value })}
          />
        </Field>
        <div className="spans" role="group" aria-label={t("search.span")}>
          {SPANS.map((days) => (
            <button
              key={days}
              className="button button-small"
              type="button"
              data-span={days}
              onClick={() => set(lately(days))}
            >
              {days === 1 ? t("search.span.day") : t("search.span.days", { n: days })}
            </button>
          ))}
        </div>
        {moment("since")}
        {moment("until")}
        <PurposeFields purpose={purpose} change={changePurpose} problem={problem} />
      </div>
      <details className="more-fields" open={more > 0 || undefined}>
        <summary>
          {t("search.more")}
          {more > 0 && <span className="tag">{t("search.more.n", { n: more })}</span>}
        </summary>
        <div className="fields">
          <Field name="checkpoints" label="field.checkpoint" problem={problem}>
            <Choices
              name="checkpoints"
              values={question.checkpoints}
              change={(checkpoints) => set({ checkpoints })}
              options={places.map((p) => ({ value: p.checkpoint_id, label: p.name }))}
              placeholder={t("everywhere")}
            />
          </Field>
          <Field name="directions" label="search.directions" problem={problem}>
            <Choices
              name="directions"
              values={question.directions}
              change={(chosen) => set({ directions: chosen })}
              options={directions.map((value) => ({ value, label: word("direction", value) ?? value }))}
            />
          </Field>
          <Field name="lanes" label="search.lanes" problem={problem}>
            <Choices
              name="lanes"
              values={question.lanes}
              change={(chosen) => set({ lanes: chosen })}
              options={Array.from({ length: lanes }, (_, i) => ({
                value: String(i + 1),
                label: t("lane.n", { n: i + 1 }),
              }))}
            />
          </Field>
          <Field name="classes" label="field.plate_class" problem={problem}>
            <Choices
              name="classes"
              values={question.classes}
              change={(classes) => set({ classes })}
              options={named("class")}
            />
          </Field>
          <Field name="colours" label="field.colour" problem={problem}>
            <Choices
              name="colours"
              values={question.colours}
              change={(colours) => set({ colours })}
              options={named("colour")}
            />
          </Field>
          <Field name="read" label="search.read" problem={problem}>
            <Choice
              name="read"
              value={question.read}
              change={(read) => set({ read: read as Question["read"] })}
              options={[
                { value: "", label: t("any") },
                { value: "yes", label: t("search.read.yes") },
                { value: "no", label: t("search.read.no") },
              ]}
            />
          </Field>
          <div className="pair">
            {share("min_confidence")}
            {share("max_confidence")}
          </div>
        </div>
      </details>
      <Refusal problem={problem} fields={FIELDS} />
      <div className="form-foot">
        <button className="button button-main button-wide" type="submit" aria-disabled={busy}>
          {t("track.search")}
        </button>
        <p className="hint">{t("track.notice")}</p>
      </div>
    </form>
  );
}
