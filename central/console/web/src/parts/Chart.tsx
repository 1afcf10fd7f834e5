// A chart on canvas: what it shows stands in a table beside it, for who can't see it.
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, type EChartsType, init, use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useSettings } from "../base/settings";

register([
  BarChart,
  LineChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
  CanvasRenderer,
]);

const NAMES = ["text", "muted", "line", "panel", "raised", "accent", "warn", "good", "bad"] as const;
/** Colours of the theme, and its font: a canvas knows no style sheet. */
export type Inks = Record<(typeof NAMES)[number] | "font", string>;

export interface ChartProps {
  /** What is to be seen, in words. */
  label: string;
  option: (inks: Inks) => EChartsCoreOption;
}

function inks(): Inks {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return Object.fromEntries([...NAMES, "font"].map((name) => [name, of(name)])) as Inks;
}

/** `option` must stay the same function while nothing changes. */
export default function Chart({ label, option }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const { theme } = useSettings();
  useEffect(() => {
    if (!box.current) return;
    const made = init(box.current, null, { renderer: "canvas" });
    chart.current = made;
    const watcher = new ResizeObserver(() => made.resize());
    watcher.observe(box.current);
    return () => {
      watcher.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    const colours = inks();
    chart.current?.setOption(
      {
        animation: false,
        textStyle: { fontFamily: colours.font, color: colours.text },
        ...option(colours),
      },
      true,
    );
  }, [option, theme]);
  return <div className="chart" ref={box} role="img" aria-label={label} />;
}
