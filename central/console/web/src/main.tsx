// Start: language, session, then the page that the address names.
import "./styles";
import { StrictMode, useCallback, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { forgetCheckpoints } from "./api/checkpoints";
import { asProblem, onSignedOut, type Problem } from "./api/client";
import { resume, session, signOut } from "./api/session";
import type { User } from "./api/types";
import { type Key, known, speak } from "./base/language";
import { settings, useSettings } from "./base/settings";
import { useStore } from "./base/store";
import { Desk } from "./live/desk";
import { notify } from "./live/notices";
import { leavePlace } from "./live/place";
import { ring } from "./live/sound";
import { keepShell } from "./phone/install";
import { stopSharing } from "./phone/position";
import { Unsent } from "./phone/Unsent";
import { Login } from "./pages/login/Login";
import { offeredPages } from "./pages";
import { forgetDrafts } from "./parts/drafts";
import { forgetHandover } from "./parts/handover";
import { Failed } from "./parts/States";
import { Shell } from "./Shell";

let desk: Desk | null = null;

function takeSeat(user: User): Desk {
  const taken = new Desk({
    watching: offeredPages(user).some(({ name }) => name === "watch"),
    counting: user.roles.some((role) => role !== "patrol"),
  });
  taken.listen({
    raised: (alert) => {
      ring(alert.priority);
      notify(alert);
    },
    signedOut: () => expelled(),
  });
  taken.start();
  return taken;
}

function leaveSeat(): void {
  desk?.stop();
  desk = null;
  stopSharing();
  leavePlace();
  forgetDrafts();
  forgetHandover();
  forgetCheckpoints();
  session.set(null);
}

/** Told where the session ends without the user's doing. */
let expelled: () => void = () => undefined;

function App() {
  const user = useStore(session);
  const { theme } = useSettings();
  const [note, setNote] = useState<Key | null>(null);
  const [begun, setBegun] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const enter = useCallback(async (who: User) => {
    if (settings.get().language === null && known(who.language)) await speak(who.language);
    desk ??= takeSeat(who);
    if (who.roles.includes("patrol")) keepShell();
    setNote(null);
    session.set(who);
  }, []);

  const begin = useCallback(() => {
    resume()
      .then((who) => (who ? enter(who) : undefined))
      .catch((error: unknown) => {
        setProblem(asProblem(error));
      })
      .finally(() => {
        setBegun(true);
      });
  }, [enter]);

  useEffect(() => {
    expelled = () => {
      if (session.get() === null) return;
      leaveSeat();
      setNote("login.ended");
    };
    onSignedOut(() => expelled());
    begin();
  }, [begin]);

  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);

  const leave = async () => {
    leaveSeat();
    setNote(null);
    try {
      await signOut();
    } catch {
      setNote("login.leave_failed");
    }
  };

  if (!begun) return null;
  if (problem) {
    const again = () => {
      setProblem(null);
      begin();
    };
    return (
      <main className="login">
        <Failed problem={problem} again={again} />
        <Unsent problem={problem} again={again} />
      </main>
    );
  }
  if (!user || !desk) return <Login note={note} entered={(who) => void enter(who)} />;
  return (
    <div className="app">
      <Shell user={user} desk={desk} leave={() => void leave()} />
    </div>
  );
}

async function start(): Promise<void> {
  document.documentElement.dataset.theme = settings.get().theme;
  await speak(settings.get().language);
  let spoken = settings.get().language;
  settings.subscribe(() => {
    const { language } = settings.get();
    if (language !== spoken) void speak(language);
    spoken = language;
  });
  const place = document.getElementById("app");
  if (!place) throw new Error("expected an element #app");
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

void start();
