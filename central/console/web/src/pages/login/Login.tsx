// Signing in. A refusal says no more than the server does: which of name and password was wrong stays untold.
import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { answer, api, asProblem, type Problem } from "../../api/client";
import { changePassword, signIn } from "../../api/session";
import type { User } from "../../api/types";
import { type Key, useSpeech } from "../../base/language";
import { LanguageSwitch, ThemeSwitch } from "../../parts/Switches";
import { Complaint } from "../../parts/States";

interface LoginProps {
  entered: (user: User) => void;
  /** Why one has to sign in again. */
  note: Key | null;
}

export function Login({ entered, note }: LoginProps) {
  const { t } = useSpeech();
  const [first, setFirst] = useState<{ user: User; old: string } | null>(null);
  useEffect(() => {
    document.title = t("title");
  }, [t]);
  return (
    <main className="login">
      <div className="login-switches">
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
      {first ? (
        <FirstPassword {...first} entered={entered} />
      ) : (
        <SignIn
          note={note}
          known={(user, old) => (user.must_change_password ? setFirst({ user, old }) : entered(user))}
        />
      )}
    </main>
  );
}

function SignIn({ note, known }: { note: Key | null; known: (user: User, password: string) => void }) {
  const { t } = useSpeech();
  const [refused, setRefused] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const password = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = new FormData(event.currentTarget);
    const said = (field: string) => {
      const value = typed.get(field);
      return typeof value === "string" ? value : "";
    };
    const [name, secret] = [said("username").trim(), said("password")];
    setBusy(true);
    try {
      known(await signIn(name, secret), secret);
    } catch (error) {
      const problem = asProblem(error);
      setRefused(problem);
      if (password.current) password.current.value = "";
      (problem.status === 401 ? password : button).current?.focus();
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="login-card" onSubmit={(event) => void submit(event)}>
      <img src="favicon.svg" alt="" width={48} height={48} />
      <h1>{t("brand")}</h1>
      <p className="muted">{t("login.what")}</p>
      <div className="field">
        <label htmlFor="username">{t("login.username")}</label>
        <input
          id="username"
          name="username"
          type="text"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          maxLength={64}
          autoFocus
        />
      </div>
      <div className="field">
        <label htmlFor="password">{t("login.password")}</label>
        <input
          ref={password}
          id="password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          maxLength={256}
        />
      </div>
      <div className="complaint-place">
        {refused?.status === 401 ? (
          <p className="complaint" role="alert">
            {t("login.wrong")}
          </p>
        ) : refused ? (
          <Complaint problem={refused} />
        ) : (
          note && (
            <p className="notice" role="status">
              {t(note)}
            </p>
          )
        )}
      </div>
      <button ref={button} className="button button-main button-wide" type="submit" aria-disabled={busy}>
        {t("login.enter")}
      </button>
      <Elsewhere />
      <p className="hint">{t("login.hint")}</p>
    </form>
  );
}

/** A way to the identity provider, where there is one. */
function Elsewhere() {
  const { t } = useSpeech();
  const [name, setName] = useState<string | null>(null);
  useEffect(() => {
    let gone = false;
    answer(api.GET("/api/sign-on")).then(
      (found) => {
        if (!gone && found.available) setName(found.name);
      },
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, []);
  if (name === null) return null;
  return (
    <p className="hint">
      <a href="/api/sign-on/start">{t("login.elsewhere", { name })}</a>
    </p>
  );
}

/** A first password is changed before anything else. */
function FirstPassword({ user, old, entered }: { user: User; old: string; entered: (user: User) => void }) {
  const { t } = useSpeech();
  const [refused, setRefused] = useState<Problem | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    try {
      entered(await changePassword(user, old, field.current?.value ?? ""));
    } catch (error) {
      setRefused(asProblem(error));
      field.current?.focus();
    }
  };
  return (
    <form className="login-card" onSubmit={(event) => void submit(event)}>
      <h1>{t("brand")}</h1>
      <p className="muted">{t("login.first")}</p>
      <div className="field">
        <label htmlFor="new-password">{t("login.fresh")}</label>
        <input
          ref={field}
          id="new-password"
          type="password"
          autoComplete="new-password"
          required
          minLength={10}
          maxLength={256}
          autoFocus
        />
      </div>
      <div className="complaint-place">{refused && <Complaint problem={refused} />}</div>
      <button className="button button-main button-wide" type="submit">
        {t("login.change")}
      </button>
    </form>
  );
}
