// The charts, loaded once a page wants one.
import { lazy, Suspense } from "react";
import type { ChartProps } from "./Chart";

const Chart = lazy(() => import("./Chart"));

export function LazyChart(props: ChartProps) {
  return (
    <Suspense fallback={<div className="chart" aria-hidden="true" />}>
      <Chart {...props} />
    </Suspense>
  );
}
