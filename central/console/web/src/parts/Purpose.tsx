// Why one asks, and for which case: typed once, it goes along from search to analysis and back.
import { type ChangeEvent, useEffect, useState } from "react";
import { answer, api, type Problem } from "../api/client";
import { useLoaded } from "../api/load";
import { draftOf, keepDraft } from "./drafts";
import { Field, fieldProps } from "./Field";

export interface Purpose {
  reason: string;
  case_number: string;
}

const NAME = "purpose";
export const PURPOSE_FIELDS = ["reason", "case_number"] as const;

export function keepPurpose(purpose: Purpose): void {
  keepDraft(NAME, purpose);
}

/** The one that the pages of an investigation share; `given`: it begins with this one. */
export function usePurpose(given: Purpose | null = null): [Purpose, (purpose: Purpose) => void] {
  const [purpose, setPurpose] = useState<Purpose>(
    () => given ?? draftOf<Purpose>(NAME) ?? { reason: "", case_number: "" },
  );
  useEffect(() => keepPurpose(purpose), [purpose]);
  return [purpose, setPurpose];
}

interface PurposeFieldsProps {
  purpose: Purpose;
  change: (purpose: Purpose) => void;
  problem: Problem | null;
}

export function PurposeFields({ purpose, change, problem }: PurposeFieldsProps) {
  const { data: cases } = useLoaded("", () => answer(api.GET("/api/cases")).then((found) => found.cases));
  const mine = (cases ?? []).filter((each) => each.mine);
  // A case that is saved has its reason already.
  const numbered = (case_number: string) => {
    const known = mine.find((each) => each.case_number === case_number);
    change({ reason: purpose.reason || (known?.reason ?? ""), case_number });
  };
  const text = (name: keyof Purpose, max: number) => ({
    ...fieldProps(name, problem),
    type: "text",
    required: true,
    maxLength: max,
    value: purpose[name],
    onChange: ({ target }: ChangeEvent<HTMLInputElement>) =>
      name === "case_number" ? numbered(target.value) : change({ ...purpose, reason: target.value }),
  });
  return (
    <>
      <Field name="reason" required problem={problem}>
        <input {...text("reason", 200)} />
      </Field>
      <Field name="case_number" required problem={problem}>
        <input {...text("case_number", 128)} list="known-cases" />
        <datalist id="known-cases" translate="no">
          {mine.map((each) => (
            <option key={each.case_id} value={each.case_number}>
              {each.reason}
            </option>
          ))}
        </datalist>
      </Field>
    </>
  );
}
