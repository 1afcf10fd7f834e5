// The areas, fetched once: they change with the configuration, and what they are called is no secret.
import { useEffect, useState } from "react";
import { answer, api } from "./client";
import type { Area } from "./types";

let fetching: Promise<Area[]> | null = null;

function fetched(): Promise<Area[]> {
  fetching ??= answer(api.GET("/api/areas")).then(
    ({ areas }) => areas,
    (problem: unknown) => {
      fetching = null;
      throw problem;
    },
  );
  return fetching;
}

/** Empty until they are here, and where they can't be had: their ids are shown then. */
export function useAreas(): Area[] {
  const [found, setFound] = useState<Area[]>([]);
  useEffect(() => {
    let gone = false;
    fetched().then(
      (areas) => {
        if (!gone) setFound(areas);
      },
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, []);
  return found;
}
