// Asked once more before something is done that can't be undone lightly; with why, where that is wanted.
import { type ReactNode, type SubmitEvent, useEffect, useRef, useState } from "react";
import { useCommand } from "../api/command";
import { type Key, useSpeech } from "../base/language";
import { Complaint } from "./States";

interface AskProps {
  question: ReactNode;
  /** Label of the line that must be filled in; none: nothing is asked for. */
  reason?: Key;
  tone?: "good" | "bad";
  /** @throws {Problem} */
  act: (reason: string) => Promise<unknown>;
  close: () => void;
}

export function Ask({ question, reason, tone = "bad", act, close }: AskProps) {
  const { t } = useSpeech();
  const [typed, setTyped] = useState("");
  const { busy, problem, run } = useCommand();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>("input, button")?.focus(), []);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (await run(() => act(typed.trim()))) close();
  };
  return (
    <form ref={form} className="step-form" data-ask onSubmit={(event) => void submit(event)}>
      <p>{question}</p>
      {reason && (
        <>
          <label htmlFor="ask-reason">{t(reason)}</label>
          <input
            id="ask-reason"
            type="text"
            required
            maxLength={500}
            autoComplete="off"
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
        </>
      )}
      {problem && <Complaint problem={problem} />}
      <div className="row">
        <button className={`button step-${tone}`} type="submit" aria-disabled={busy}>
          {t("confirm")}
        </button>
        <button className="button" type="button" onClick={close}>
          {t("cancel")}
        </button>
      </div>
    </form>
  );
}
