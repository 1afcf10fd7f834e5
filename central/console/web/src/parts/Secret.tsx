// A secret that is told this once: gone when it is closed.
import { useState } from "react";
import { type Key, useSpeech } from "../base/language";
import { Data } from "./Text";

interface SecretProps {
  /** What it is. */
  label: Key;
  of: string;
  value: string;
  close: () => void;
}

export function Secret({ label, of, value, close }: SecretProps) {
  const { t } = useSpeech();
  const [copied, setCopied] = useState(false);
  return (
    <div className="secret" role="alert">
      <p>
        <strong>
          {t(label)} <Data>{of}</Data>
        </strong>
      </p>
      <p className="secret-value">
        <Data className="code">{value}</Data>
      </p>
      <p className="hint">{t("secret.once")}</p>
      <div className="row">
        {/* A browser lends its clipboard to pages that come by HTTPS only; people type it over then. */}
        {isSecureContext && (
          <button
            className="button"
            type="button"
            onClick={() => {
              void navigator.clipboard.writeText(value).then(
                () => setCopied(true),
                () => undefined,
              );
            }}
          >
            {t(copied ? "secret.copied" : "secret.copy")}
          </button>
        )}
        <button className="button button-main" type="button" data-action="secret-noted" onClick={close}>
          {t("secret.noted")}
        </button>
      </div>
    </div>
  );
}
