// Fetching for a component: what came, what went wrong, and how to ask again.
import { useCallback, useEffect, useRef, useState } from "react";
import { asProblem, type Problem } from "./client";

export interface Loaded<T> {
  data: T | null;
  problem: Problem | null;
  loading: boolean;
  /** Ask again; what was there stays meanwhile. */
  again: () => void;
  /** Put this in place of what came. */
  put: (change: (data: T) => T) => void;
}

/** `ask` is called anew whenever `key` changes, and every `everyMs` where given. An answer that comes late is dropped. */
export function useLoaded<T>(key: string, ask: () => Promise<T>, everyMs: number | null = null): Loaded<T> {
  const [state, setState] = useState<{
    key: string;
    data: T | null;
    problem: Problem | null;
    loading: boolean;
  }>({
    key,
    data: null,
    problem: null,
    loading: true,
  });
  const [round, setRound] = useState(0);
  const asking = useRef(ask);
  useEffect(() => {
    asking.current = ask;
  });
  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      try {
        const data = await asking.current();
        if (!gone) setState({ key, data, problem: null, loading: false });
      } catch (error) {
        const problem = asProblem(error);
        if (!gone) setState((before) => ({ ...before, key, problem, loading: false }));
      }
      if (!gone && everyMs !== null) timer = setTimeout(() => void load(), everyMs);
    };
    void load();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [key, round, everyMs]);
  const again = useCallback(() => setRound((n) => n + 1), []);
  const put = useCallback(
    (change: (data: T) => T) =>
      setState((before) => (before.data === null ? before : { ...before, data: change(before.data) })),
    [],
  );
  return { data: state.data, problem: state.problem, loading: state.loading, again, put };
}
