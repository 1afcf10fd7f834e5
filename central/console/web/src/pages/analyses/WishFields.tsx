// The fields of a kind of analysis, made from what the server tells of its wishes.
import { Checkbox } from "antd";
import type { Checkpoint } from "../../api/types";
import { type Key, useSpeech } from "../../base/language";
import { zone } from "../../base/time";
import { Choice, Choices } from "../../parts/Choice";
import { fieldProps } from "../../parts/Field";
import Moment from "../../parts/Moment";
import { type Area, blankArea, type WishField, type Wishes } from "./wishes";

const MOST_AREAS = 10;

interface WishFieldsProps {
  kind: string;
  fields: WishField[];
  wishes: Wishes;
  change: (wishes: Wishes) => void;
  places: Checkpoint[];
}

export function WishFields({ kind, fields, wishes, change, places }: WishFieldsProps) {
  const { t, word } = useSpeech();
  const put = (name: string, value: Wishes[string]) => change({ ...wishes, [name]: value });
  const named = places.map((p) => ({ value: p.checkpoint_id, label: p.name }));
  return fields.map(({ name, shape, required }) => {
    const own = word("wish", `${kind}.${name}`) ?? word("wish", name) ?? name;
    const hint = word("wish_hint", `${kind}.${name}`) ?? word("wish_hint", name);
    const value = wishes[name];
    if (shape === "areas") {
      return (
        <AreasField
          key={name}
          label={own}
          areas={(value as Area[] | undefined) ?? []}
          change={(areas) => put(name, areas)}
          places={places}
        />
      );
    }
    const text = typeof value === "string" ? value : "";
    return (
      <div key={name} className={`field${shape === "checkpoints" ? " field-wide" : ""}`}>
        <label htmlFor={`field-wish-${name}`}>
          {own}
          {required && (
            <span className="required" title={t("required")}>
              {" *"}
            </span>
          )}
        </label>
        {shape === "checkpoints" ? (
          <Choices
            name={`wish-${name}`}
            values={Array.isArray(value) ? (value as string[]) : []}
            change={(chosen) => put(name, chosen)}
            options={named}
            placeholder={t("choose")}
          />
        ) : shape === "checkpoint" ? (
          <Choice name={`wish-${name}`} value={text} change={(chosen) => put(name, chosen)} options={named} />
        ) : shape === "moment" ? (
          <Moment
            name={`wish-${name}`}
            value={text || null}
            change={(iso) => put(name, iso ?? "")}
            required={required}
          />
        ) : (
          <input
            {...fieldProps(`wish-${name}`, null, hint !== null)}
            type={shape === "number" || shape === "integer" ? "number" : "text"}
            step={shape === "integer" ? 1 : "any"}
            required={required}
            maxLength={32}
            spellCheck={false}
            value={text}
            onChange={({ target }) => put(name, target.value)}
          />
        )}
        {(hint ?? shape === "moment") && (
          <p className="hint" id={`field-wish-${name}-hint`}>
            {hint} {shape === "moment" && t("zone.hint", { zone: zone() })}
          </p>
        )}
      </div>
    );
  });
}

interface AreasFieldProps {
  label: string;
  areas: Area[];
  change: (areas: Area[]) => void;
  places: Checkpoint[];
}

/** Some checkpoints for some time, several times over. */
function AreasField({ label, areas, change, places }: AreasFieldProps) {
  const { t } = useSpeech();
  const put = (at: number, part: Partial<Area>) =>
    change(areas.map((area, index) => (index === at ? { ...area, ...part } : area)));
  const moment = (area: Area, at: number, name: "since" | "until") => {
    const key: Key = `field.${name}`;
    return (
      <div className="field">
        <label htmlFor={`field-area-${at}-${name}`}>{t(key)}</label>
        <Moment
          name={`area-${at}-${name}`}
          value={area[name]}
          change={(iso) => put(at, { [name]: iso })}
          required
        />
      </div>
    );
  };
  return (
    <fieldset className="field field-wide areas">
      <legend>{label}</legend>
      <p className="hint">{t("areas.hint", { zone: zone() })}</p>
      {areas.map((area, at) => (
        <div key={at} className="area" role="group" aria-label={t("areas.n", { n: at + 1 })}>
          <div className="area-head">
            <strong>{t("areas.n", { n: at + 1 })}</strong>
            <Checkbox
              name={`area-${at}-excluded`}
              checked={area.excluded}
              onChange={({ target }) => put(at, { excluded: target.checked })}
            >
              {t("areas.excluded")}
            </Checkbox>
            {areas.length > 1 && (
              <button
                className="button button-small"
                type="button"
                onClick={() => change(areas.filter((_, index) => index !== at))}
              >
                {t("areas.remove")}
              </button>
            )}
          </div>
          <div className="field">
            <label htmlFor={`field-area-${at}-checkpoints`}>{t("field.checkpoint")}</label>
            <Choices
              name={`area-${at}-checkpoints`}
              values={area.checkpoints}
              change={(checkpoints) => put(at, { checkpoints })}
              options={places.map((p) => ({ value: p.checkpoint_id, label: p.name }))}
              placeholder={t("choose")}
            />
          </div>
          <div className="pair">
            {moment(area, at, "since")}
            {moment(area, at, "until")}
          </div>
        </div>
      ))}
      {areas.length < MOST_AREAS && (
        <button className="button" type="button" onClick={() => change([...areas, blankArea()])}>
          {t("areas.add")}
        </button>
      )}
    </fieldset>
  );
}
