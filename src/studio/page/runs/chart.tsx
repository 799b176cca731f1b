import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { shortNumber, type Curve } from "./curves.ts";

/** A curve as a chart shows it. */
export interface Line {
  /** Such as "digits, train". */
  readonly label: string;
  readonly curve: Curve;
  /** Which of the colours of runs. */
  readonly colour: number;
  /** Whether it is drawn wide, with a mark at every point. */
  readonly isMarked: boolean;
}

interface ChartProps {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly isStepLogarithmic: boolean;
  readonly isValueLogarithmic: boolean;
  readonly zoom: readonly [number, number] | undefined;
  readonly onZoom: (zoom: readonly [number, number] | undefined) => void;
}

const HEIGHT = 220;
/** uPlot's numbers of kinds of axes. */
const [LINEAR, LOGARITHM] = [1, 3] as const;

/** The curves of a figure, over the steps. Drag over it to zoom, and click twice to see all again. */
export function Chart(props: ChartProps) {
  const { title, lines, isStepLogarithmic, isValueLogarithmic, zoom } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  // Handlers of a plot that lives longer than one drawing of the view.
  const latest = useRef(props);
  latest.current = props;
  const [said, say] = useState("");
  const isDark = useIsDark();
  const canBeLogarithmic = lines.every(({ curve }) => curve.values.every((value) => value > 0));
  const isLogarithmic = isValueLogarithmic && canBeLogarithmic;

  const shape = JSON.stringify([
    lines.map(({ label, colour, isMarked }) => [label, colour, isMarked]),
    isStepLogarithmic,
    isLogarithmic,
    isDark,
  ]);
  useEffect(() => {
    const element = place.current!;
    const tell = (at: number | null | undefined) => {
      const data = plot.current?.data;
      if (at === null || at === undefined || !data) return say("");
      const values = latest.current.lines.flatMap(({ label }, i) => {
        const value = data[i + 1]?.[at];
        return typeof value === "number" ? [`${label} ${shortNumber(value)}`] : [];
      });
      say(`step ${data[0][at]}: ${values.join("; ")}`);
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: {
          sync: { key: "steps" },
          // The zoom is the page's: all charts have the same, and the address keeps it.
          drag: { x: true, y: false, setScale: false },
          bind: { dblclick: () => () => (latest.current.onZoom(undefined), null) },
        },
        scales: {
          x: {
            time: false,
            distr: isStepLogarithmic ? LOGARITHM : LINEAR,
            range: (_, min, max) => spread(latest.current.zoom ?? [min, max], isStepLogarithmic),
          },
          y: { distr: isLogarithmic ? LOGARITHM : LINEAR },
        },
        axes: [
          { ...axis(element), size: 32 },
          { ...axis(element), size: 60, values: (_, ticks) => ticks.map(tick) },
        ],
        series: [{}, ...latest.current.lines.map((line) => series(element, line))],
        hooks: {
          setCursor: [({ cursor }) => tell(cursor.idx)],
          setSelect: [
            (own) => {
              const { left, width } = own.select;
              if (width < 2) return;
              const steps = [left, left + width].map((at) => Math.round(own.posToVal(at, "x")));
              if (steps[0]! < steps[1]!) latest.current.onZoom([Math.max(0, steps[0]!), steps[1]!]);
              own.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      dataOf(latest.current.lines),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(dataOf(lines)), [lines, zoom?.[0], zoom?.[1]]);

  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        {isValueLogarithmic && !canBeLogarithmic && (
          <small>It has values of 0 or below: the axis is linear.</small>
        )}
      </figcaption>
      <div ref={place} role="img" aria-label={summaryOf(title, lines)} />
      <p class="at-cursor" aria-hidden="true">
        {said}
      </p>
    </figure>
  );
}

/** Last values, for those who do not see the chart. */
const summaryOf = (title: string, lines: readonly Line[]): string =>
  `${title} over the steps. ${lines
    .map(({ label, curve }) => `${label}: ${shortNumber(curve.values.at(-1)!)} at step ${curve.steps.at(-1)}`)
    .join("; ")}`;

const tick = (value: number | null): string => (value === null ? "" : shortNumber(value));

/** One axis for all curves, as uPlot wants it: where a curve has no point at a step of another, it goes on. */
const dataOf = (lines: readonly Line[]): uPlot.AlignedData =>
  lines.length === 0 ? [[]] : uPlot.join(lines.map(({ curve: { steps, values } }) => [steps, values]));

/** A range of at least one step. */
function spread([min, max]: readonly [number, number], isLogarithmic: boolean): [number, number] {
  const from = isLogarithmic ? Math.max(1, min ?? 1) : (min ?? 0);
  return [from, Math.max(from + 1, max ?? 1)];
}

/** A colour of the page's style, as a canvas takes it. */
function colourOf(element: HTMLElement, variable: string): string {
  const before = element.style.color;
  element.style.color = `var(--${variable})`;
  const { color } = getComputedStyle(element);
  element.style.color = before;
  return color;
}

/** Runs differ in more than their colours, as their marks beside the charts do. */
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3]];

function series(element: HTMLElement, { label, colour, isMarked }: Line): uPlot.Series {
  const stroke = colourOf(element, `run-${colour + 1}`);
  const dash = DASHES[colour % DASHES.length]!;
  return {
    label,
    stroke,
    dash: [...dash],
    width: isMarked ? 2 : 1,
    points: { show: isMarked, size: 6, fill: stroke },
  };
}

const axis = (element: HTMLElement): uPlot.Axis => ({
  stroke: colourOf(element, "quiet"),
  grid: { stroke: colourOf(element, "faint"), width: 1 },
  ticks: { stroke: colourOf(element, "faint"), width: 1 },
});

/** Whether the system's colours are dark now. */
function useIsDark(): boolean {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const [isDark, set] = useState(query.matches);
  useEffect(() => {
    const change = () => set(query.matches);
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, []);
  return isDark;
}
