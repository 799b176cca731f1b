import { describe, expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import type { Node } from "../../src/graph/node.ts";
import { likelihoodByName } from "../../src/likelihood/by-name.ts";
import type { Likelihood } from "../../src/likelihood/likelihood.ts";
import { networkOf } from "../../src/programs/network.ts";
import { chiSquareDeviate } from "../programs/chi-square.ts";
import { evaluate } from "../reference/evaluate.ts";
import { draw, samplerOf } from "./drawing.ts";

// Likelihoods that are no part of nextpixel: they have no kernel.

/** The binomial distribution of `levels - 1` throws, whose probability is sigmoid(logit). */
const binomial = (levels: number): Likelihood => {
  const logCoefficients = Float64Array.from({ length: levels }, (_, level) => {
    let log = 0;
    for (let i = 1; i <= level; i++) log += Math.log((levels - i) / i);
    return log;
  });
  return {
    name: "binomial",
    logits: (channels) => channels,
    groups: (channels) => channels,
    nats(logits, pictures) {
      const coefficient = logCoefficients.reduce<Node>(
        (sum, log, level) => g.add(sum, g.mul(g.equal(pictures, level), log)),
        g.mul(pictures, 0),
      );
      const successes = g.mul(pictures, g.log(g.sigmoid(logits)));
      const failures = g.mul(g.sub(levels - 1, pictures), g.log(g.sigmoid(g.neg(logits))));
      return g.neg(g.add(coefficient, g.add(successes, failures)));
    },
    masses: (logits, temperature) =>
      logCoefficients.map((log, level) => Math.exp(log + (level * logits[0]!) / temperature)),
  };
};

const SIZE = { channels: 3, rows: 1, cols: 2 };
const LEVELS = 3;
const LENGTH = 6;

/** Logits that depend on the pixel to the left and, of the pixel itself, on the colours before. */
const build = (_: unknown, x: Node): Node => {
  const left = g.shift(x, 0, 1);
  const [r, green] = [g.slice(x, 1, 0, 1), g.slice(x, 1, 1, 2)];
  const own = g.concat([g.slice(left, 1, 2, 3), r, g.sub(green, r)], 1);
  return g.add(g.add(left, own), 0.3);
};

describe("a likelihood of one's own", () => {
  const network = networkOf({ likelihood: binomial(LEVELS), levels: LEVELS, size: SIZE }, 1, build);
  // As many workers as one likes: none can be started, since a function cannot be sent to it.
  const sampler = samplerOf(network, new Float32Array(0), { workers: 4 });
  const request = { seed: 3, count: 6000 };

  test("draws pictures as often as the graph says that they are probable, and tells their nats", async () => {
    const { pictures, nats } = await draw(sampler, network, request);
    const all = Array.from({ length: LEVELS ** LENGTH }, (_, code) =>
      Array.from({ length: LENGTH }, (_unused, i) => Math.floor(code / LEVELS ** i) % LEVELS),
    );
    const natsOfAll = all.map((levels) => {
      const [each] = evaluate([network.nats], { pictures: levels });
      return each!.reduce((total, one) => total + one);
    });
    const counts = new Float64Array(all.length);
    for (let k = 0; k < request.count; k++) {
      const own = pictures.subarray(k * LENGTH, (k + 1) * LENGTH);
      const code = own.reduce((sum, level, i) => sum + level * LEVELS ** i, 0);
      counts[code]! += 1;
      expect(nats[k]).toBeCloseTo(natsOfAll[code]!, 4);
    }
    const probabilities = natsOfAll.map((one) => Math.exp(-one));
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
    const { deviate, classes } = chiSquareDeviate(probabilities, counts);
    expect(classes).toBeGreaterThan(100);
    expect(Math.abs(deviate)).toBeLessThan(3.09);
  });

  test("picture k is the same alone as among others, and given pixels stay", async () => {
    const { pictures } = await draw(sampler, network, request);
    const alone = await draw(sampler, network, { seed: 3, count: 1, first: 17 });
    expect([...alone.pictures]).toEqual([...pictures.subarray(17 * LENGTH, 18 * LENGTH)]);
    const given = { levels: Uint8Array.of(2, 0, 0, 0, 1, 0), isGiven: Uint8Array.of(1, 0) };
    const completed = await draw(sampler, network, { seed: 3, count: 1, given });
    expect([0, 2, 4].map((i) => completed.pictures[i])).toEqual([2, 0, 1]);
  });
});

test.each(["bernoulli", "categorical", "logistic-mixture"] as const)(
  "%s draws the same pictures without its kernel",
  async (name) => {
    const levels = name === "bernoulli" ? 2 : 4;
    const { kernel, ...plain } = likelihoodByName(name, levels);
    expect(kernel).toBeDefined();
    const drawn = [name, plain].map((likelihood) => {
      const network = networkOf(
        { likelihood, levels, size: { channels: 3, rows: 2, cols: 3 } },
        1,
        (_scope, x, outputs) =>
          g.mul(
            g.broadcast(g.shift(g.sum(x, [1]), 0, 1), [1, outputs, 2, 3]),
            g.constant(
              Float64Array.from({ length: outputs }, (_, k) => Math.sin(k)),
              [1, outputs, 1, 1],
            ),
          ),
      );
      return draw(samplerOf(network, new Float32Array(0)), network, {
        seed: 8,
        count: 200,
        temperature: 0.8,
      });
    });
    const [withKernel, without] = await Promise.all(drawn);
    expect(without!.pictures).toEqual(withKernel!.pictures);
    without!.nats.forEach((nats, k) => expect(nats).toBeCloseTo(withKernel!.nats[k]!, 3));
  },
);
