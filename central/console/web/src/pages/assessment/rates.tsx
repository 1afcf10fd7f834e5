// A share with how far it may be trusted: nobody is judged on three alerts.
import type { Rate, Times } from "../../api/types";
import { useSpeech } from "../../base/language";
import { None } from "../../parts/Text";

/** Cases below which a share is shown as one of few. */
export const FEW = 20;
/** Whether more of it is better. */
export const BETTER: Record<string, "more" | "less"> = {
  verified_correct: "more",
  intercepted_of_sent: "more",
  intercepted_of_all: "more",
  false_alerts: "less",
  escalated: "less",
};

export type Standing = "above" | "below" | "level";

/** Against all together; only where the 95 % interval leaves no doubt. */
export function standing(rate: Rate, all: number | null): Standing {
  if (all === null || rate.low === null || rate.high === null) return "level";
  if (rate.low > all) return "above";
  return rate.high < all ? "below" : "level";
}

const WIDTH = 84;

interface RateCellProps {
  name: string;
  rate: Rate;
  /** Of all together, to be compared with. */
  all?: number | null;
}

export function RateCell({ name, rate, all = null }: RateCellProps) {
  const { t, percent, number } = useSpeech();
  if (rate.value === null || rate.low === null || rate.high === null) return <None />;
  const few = rate.of < FEW;
  const stands = few ? "level" : standing(rate, all);
  const good = BETTER[name] && stands !== "level" ? (stands === "above") === (BETTER[name] === "more") : null;
  const x = (share: number) => (1 + share * (WIDTH - 2)).toFixed(1);
  return (
    <div className={`rate${few ? " rate-few" : ""}`} data-standing={stands}>
      <span className="rate-value">
        <strong>{percent(rate.value, 1)}</strong>
        {stands !== "level" && (
          <span className={good === null ? "" : good ? "rate-good" : "bad"}>
            {" "}
            {t(stands === "above" ? "assessment.above" : "assessment.below")}
          </span>
        )}
      </span>
      <svg
        width={WIDTH}
        height="10"
        role="img"
        aria-label={t("assessment.interval", { low: percent(rate.low), high: percent(rate.high) })}
      >
        <line className="rate-track" x1="1" x2={WIDTH - 1} y1="5" y2="5" />
        <line className="rate-interval" x1={x(rate.low)} x2={x(rate.high)} y1="5" y2="5" />
        {all !== null && <line className="rate-all" x1={x(all)} x2={x(all)} y1="0" y2="10" />}
        <circle className="rate-dot" cx={x(rate.value)} cy="5" r="3.5" />
      </svg>
      <span className="muted rate-cases">
        {t("assessment.of", { n: number(rate.count), of: number(rate.of) })}
        {few && ` · ${t("assessment.few")}`}
      </span>
    </div>
  );
}

export function TimesCell({ times }: { times: Times }) {
  const { t, number } = useSpeech();
  const seconds = (value: number) => t("seconds.n", { n: number(value, { maximumFractionDigits: 0 }) });
  return (
    <div className={`rate${times.count < FEW ? " rate-few" : ""}`}>
      <span className="rate-value">
        <strong>{times.p50 === null ? <None /> : seconds(times.p50)}</strong>
        {times.p90 !== null && (
          <span className="muted"> {t("assessment.p90", { time: seconds(times.p90) })}</span>
        )}
      </span>
      <span className="muted rate-cases">
        {t("assessment.signed", { n: number(times.count) })}
        {times.waiting > 0 && ` · ${t("assessment.waiting", { n: number(times.waiting) })}`}
        {times.count > 0 && times.count < FEW && ` · ${t("assessment.few")}`}
      </span>
    </div>
  );
}
