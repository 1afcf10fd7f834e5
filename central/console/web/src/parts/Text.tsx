// Texts: the server's own, words for its codes, times.
import type { ReactNode } from "react";
import { useSpeech } from "../base/language";
import { age, clockText, dateText, zone } from "../base/time";
import { useNow } from "../base/tick";

/** What the server or the user wrote: never translated, and the test of languages skips it. */
export function Data({ children, className }: { children: ReactNode; className?: string | undefined }) {
  return (
    <span translate="no" className={className}>
      {children}
    </span>
  );
}

/** Somebody as colleagues call them, with what stands in the records. */
export function Person({ name, username }: { name: string | null | undefined; username: string }) {
  if (!name || name === username) return <Data>{username}</Data>;
  return (
    <span translate="no">
      {name} <span className="muted code">{username}</span>
    </span>
  );
}

export function None() {
  const { t } = useSpeech();
  return <span className="muted">{t("none")}</span>;
}

/** A code of the server's ("inbound", "too_small") in words; one we have no words for is shown as it came. */
export function Term({ group, code }: { group: string; code: string | null | undefined }) {
  const { word } = useSpeech();
  if (!code) return <None />;
  const text = word(group, code);
  return text === null ? <Data>{code}</Data> : <span>{text}</span>;
}

interface TimeProps {
  iso: string | null | undefined;
  date?: boolean;
  millis?: boolean;
  /** False only where the zone stands in the column's head. */
  labelled?: boolean;
  className?: string;
}

export function Time({ iso, date = true, millis = false, labelled = true, className }: TimeProps) {
  if (!iso) return <None />;
  const moment = new Date(iso);
  const parts = [date && dateText(moment), clockText(moment, { millis }), labelled && zone(moment)];
  const full = `${dateText(moment)} ${clockText(moment, { millis: true })} ${zone(moment)}`;
  return (
    <time dateTime={iso} translate="no" title={full} className={className}>
      {parts.filter(Boolean).join(" ")}
    </time>
  );
}

/** How long ago, kept up to date. */
export function Age({ iso, className }: { iso: string; className?: string }) {
  const speech = useSpeech();
  return <span className={className}>{age(iso, speech, useNow())}</span>;
}

/** "2 lane · inbound"; a lane of 0 is one that nobody knows. */
export function Lane({ lane, direction, className }: { lane: number; direction: string; className?: string }) {
  const { t } = useSpeech();
  return (
    <span className={className}>
      {lane > 0 ? t("lane.n", { n: lane }) : t("lane.unknown")}
      {direction && (
        <>
          {" · "}
          <Term group="direction" code={direction} />
        </>
      )}
    </span>
  );
}

export function Kbd({ children }: { children: ReactNode }) {
  return <kbd aria-hidden="true">{children}</kbd>;
}
