// What a button starts: one at a time, and what was refused stays to be shown.
import { useCallback, useRef, useState } from "react";
import { asProblem, type Problem } from "./client";

export interface Command {
  busy: boolean;
  problem: Problem | null;
  /** Does nothing while something runs; true once the work is done. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  forget: () => void;
}

export function useCommand(): Command {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const running = useRef(false);
  const run = useCallback(async (work: () => Promise<unknown>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(asProblem(error));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);
  const forget = useCallback(() => setProblem(null), []);
  return { busy, problem, run, forget };
}
