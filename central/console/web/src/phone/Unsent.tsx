// At a start without a link: that what was made on this phone is kept, and that it tries again by itself.
import { useEffect, useState } from "react";
import type { Problem } from "../api/client";
import { useSpeech } from "../base/language";
import { passing, waiting } from "./outbox";

const AGAIN_MS = 5000;

export function Unsent({ problem, again }: { problem: Problem; again: () => void }) {
  const { t } = useSpeech();
  const [count, setCount] = useState(0);
  useEffect(() => {
    void waiting().then(setCount);
    if (!passing(problem)) return;
    const timer = setTimeout(again, AGAIN_MS);
    addEventListener("online", again);
    return () => {
      clearTimeout(timer);
      removeEventListener("online", again);
    };
  }, [problem, again]);
  if (!count) return null;
  return (
    <p className="notice" role="status">
      {t("patrol.kept", { n: count })}
    </p>
  );
}
