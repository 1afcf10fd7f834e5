// The checkpoints, fetched once a session: they change with the configuration, not while somebody works.
import { useEffect, useState } from "react";
import { answer, api } from "./client";
import type { Checkpoint } from "./types";

let fetching: Promise<Checkpoint[]> | null = null;

/** @throws {Problem} */
export function checkpoints(): Promise<Checkpoint[]> {
  fetching ??= answer(api.GET("/api/checkpoints")).catch((problem: unknown) => {
    fetching = null;
    throw problem;
  });
  return fetching;
}

/** Somebody else sits down: theirs may be others. */
export function forgetCheckpoints(): void {
  fetching = null;
}

/** Empty until they are here, and where they can't be had: pages go on without them. */
export function useCheckpoints(): Checkpoint[] {
  const [found, setFound] = useState<Checkpoint[]>([]);
  useEffect(() => {
    let gone = false;
    checkpoints().then(
      (places) => {
        if (!gone) setFound(places);
      },
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, []);
  return found;
}
