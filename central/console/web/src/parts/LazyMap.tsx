// The map, loaded once a page wants one.
import { lazy, Suspense } from "react";
import type { MapProps } from "./Map";

const Map = lazy(() => import("./Map"));

export function LazyMap(props: MapProps) {
  return (
    <Suspense fallback={<div className="map" aria-hidden="true" />}>
      <Map {...props} />
    </Suspense>
  );
}
