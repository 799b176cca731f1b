export interface Line {
  readonly name: string;
  /** Class of its stroke. */
  readonly kind: "train" | "valid";
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface CurveProps {
  readonly lines: readonly Line[];
  /** The largest x. */
  readonly end: number;
  readonly unit: string;
  readonly label: string;
}

const WIDTH = 320;
const HEIGHT = 120;
const MARGIN = 6;

/** Values over steps. */
export function Curve({ lines, end, unit, label }: CurveProps) {
  const values = lines.flatMap(({ points }) => points.map(([, y]) => y)).filter(Number.isFinite);
  const [low, high] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const x = (value: number) => (value / end) * WIDTH;
  const y = (value: number) => HEIGHT - MARGIN - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * MARGIN);
  return (
    <figure class="curve">
      <figcaption>
        {lines.map(({ name, kind, points }) => (
          <span key={name} class={kind}>
            {name} {points.length > 0 && <strong>{points.at(-1)![1].toFixed(3)}</strong>}
          </span>
        ))}
        <span>{unit}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <path class="axis" d={`M0 0V${HEIGHT}H${WIDTH}`} />
        {lines.map(({ name, kind, points }) => (
          <polyline
            key={name}
            class={kind}
            points={points.map(([at, value]) => `${x(at)},${y(value)}`).join(" ")}
          />
        ))}
      </svg>
      <p class="ends" aria-hidden="true">
        <span>step 0</span>
        <span>
          {low.toFixed(2)} to {high.toFixed(2)}
        </span>
        <span>{end}</span>
      </p>
    </figure>
  );
}
