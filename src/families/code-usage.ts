import type { CodeForm } from "../models/model.ts";
import type { Pool } from "../programs/trainable.ts";

/** How often each code was seen, where a code is the levels of all channels at one place. */
export interface CodeUsage {
  /** Takes levels [count, channels, rows, cols]. */
  add(levels: ArrayLike<number>, count: number): void;
  /**
   * e to the entropy, in nats, of how frequent codes are: so many codes would have it if all were equally frequent.
   */
  perplexity(): number;
  /** The share of all possible codes that were seen. */
  share(): number;
}

export function newCodeUsage({ channels, levels: all }: Pick<CodeForm, "channels" | "levels">): CodeUsage {
  const counts = new Map<number, number>();
  let total = 0;
  return {
    add(levels, count) {
      const places = levels.length / (count * channels);
      for (let picture = 0; picture < count; picture++)
        for (let place = 0; place < places; place++) {
          let code = 0;
          for (let c = 0; c < channels; c++)
            code = code * all + Math.round(levels[(picture * channels + c) * places + place]!);
          counts.set(code, (counts.get(code) ?? 0) + 1);
          total++;
        }
    },
    perplexity() {
      let entropy = 0;
      for (const count of counts.values()) entropy -= (count / total) * Math.log(count / total);
      return Math.exp(entropy);
    },
    share: () => counts.size / all ** channels,
  };
}

/** Usage as what an evaluation reports. */
export function usagePool(form: CodeForm, value: (usage: CodeUsage) => number): Pool {
  const usage = newCodeUsage(form);
  return {
    reduced: (values) => Float64Array.from(values),
    add: (values, count) => usage.add(values, count),
    value: () => value(usage),
  };
}
