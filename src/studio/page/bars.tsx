import { percent } from "./picture.ts";

interface BarsProps {
  /** Of each level. */
  readonly probabilities: Float32Array;
  readonly drawn: number;
  /** What is drawn, such as "red". */
  readonly name: string;
}

const WIDTH = 320;
const HEIGHT = 96;
const MARK = 10;

/** Fewer digits than anybody sees: the bars are written and read again with every frame. */
const short = (length: number): number => Math.round(100 * length) / 100;

/** The distribution of a sub-pixel as bars, the highest as high as there is room, with the drawn level marked. */
export function Bars({ probabilities, drawn, name }: BarsProps) {
  const levels = probabilities.length;
  const step = WIDTH / levels;
  const gap = levels > 64 ? 0 : Math.min(step / 5, 8);
  let likeliest = 0;
  for (let level = 1; level < levels; level++) {
    if (probabilities[level]! > probabilities[likeliest]!) likeliest = level;
  }
  const top = probabilities[likeliest]!;
  const bar = (level: number) => {
    const height = short((probabilities[level]! / top) * HEIGHT);
    return height === 0 && level !== drawn
      ? ""
      : `M${short(level * step + gap / 2)} ${HEIGHT}v${-height}h${short(step - gap)}v${height}z`;
  };
  const all = Array.from({ length: levels }, (_, level) => bar(level)).join("");
  const centre = (drawn + 0.5) * step;
  const said =
    `${name}: level ${drawn} of 0 to ${levels - 1} was drawn, with a probability of ` +
    `${percent(probabilities[drawn]!)}; the likeliest is ${likeliest}, with ${percent(top)}`;
  return (
    <figure class="bars">
      <figcaption>
        <span>{name}</span>
        <span>
          drawn <strong>{drawn}</strong> ({percent(probabilities[drawn]!)}), likeliest {likeliest} (
          {percent(top)})
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + MARK}`} preserveAspectRatio="none" role="img" aria-label={said}>
        <path class="bar" d={all} />
        <path class="bar drawn" d={bar(drawn)} />
        <path class="axis" d={`M0 ${HEIGHT}h${WIDTH}`} />
        <path class="mark" d={`M${centre} ${HEIGHT + 1}l${MARK / 2} ${MARK - 1}h${-MARK}z`} />
      </svg>
      <p class="ends" aria-hidden="true">
        <span>0</span>
        <span>{levels - 1}</span>
      </p>
    </figure>
  );
}
