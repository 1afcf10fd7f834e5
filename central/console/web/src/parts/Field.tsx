// Labelled fields, with what the server said against them.
import { type ReactNode, type RefObject, useEffect, useRef } from "react";
import type { Problem } from "../api/client";
import { type Key, useSpeech } from "../base/language";
import { Complaint } from "./States";

interface FieldProps {
  name: string;
  /** The text of the label; `field.NAME` otherwise. */
  label?: Key;
  hint?: ReactNode;
  required?: boolean;
  wide?: boolean;
  problem?: Problem | null;
  children: ReactNode;
}

/** The control inside has the id `field-NAME`. */
export function Field({ name, label, hint, required, wide, problem = null, children }: FieldProps) {
  const { t, word } = useSpeech();
  return (
    <div className={`field${wide ? " field-wide" : ""}`}>
      <label htmlFor={`field-${name}`}>
        {label ? t(label) : (word("field", name) ?? name)}
        {required && (
          <span className="required" title={t("required")}>
            {" *"}
          </span>
        )}
      </label>
      {children}
      {hint && (
        <p className="hint" id={`field-${name}-hint`}>
          {hint}
        </p>
      )}
      {refuses(problem, name) && problem && <Complaint problem={problem} />}
    </div>
  );
}

/** Names of the fields that a refusal is about. */
export function refusedFields(problem: Problem | null): string[] {
  if (!problem) return [];
  return problem.kind === "plate-error" ? ["plate"] : problem.fields;
}

export function refuses(problem: Problem | null, name: string): boolean {
  return refusedFields(problem).includes(name);
}

/** What a text field of this name wants besides its value. */
export function fieldProps(name: string, problem: Problem | null, hinted = false) {
  return {
    id: `field-${name}`,
    name,
    autoComplete: "off",
    "aria-invalid": refuses(problem, name) || undefined,
    "aria-describedby": hinted ? `field-${name}-hint` : undefined,
  };
}

/** Lead the user to the first field that was refused. */
export function useFocusOnRefusal(form: RefObject<HTMLFormElement | null>, problem: Problem | null): void {
  const seen = useRef<Problem | null>(null);
  useEffect(() => {
    if (problem === seen.current) return;
    seen.current = problem;
    form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [form, problem]);
}

/** What was refused and belongs to none of the form's fields. */
export function Refusal({ problem, fields }: { problem: Problem | null; fields: readonly string[] }) {
  if (!problem || refusedFields(problem).some((name) => fields.includes(name))) return null;
  return <Complaint problem={problem} />;
}
