// Labelled facts, as a description list.
import type { ReactNode } from "react";
import { type Key, useSpeech } from "../base/language";
import { None } from "./Text";

/** `[key of the label, what is known]`; what isn't known is shown as such. */
export function Facts({ of }: { of: [Key, ReactNode][] }) {
  const { t } = useSpeech();
  return (
    <dl className="facts">
      {of.map(([label, value]) => (
        <div key={label}>
          <dt>{t(label)}</dt>
          <dd>{value === null || value === undefined || value === "" || value === false ? <None /> : value}</dd>
        </div>
      ))}
    </dl>
  );
}
