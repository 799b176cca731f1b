import { describe, expect, test } from "vitest";
import * as g from "../../src/graph/language.ts";
import { evaluate } from "../reference/evaluate.ts";
import { adam, type AdamOptions } from "../../src/optim/adam.ts";
import { clipByNorm } from "../../src/optim/clip.ts";
import { adamW, type Optimizer } from "../../src/optim/optimizer.ts";
import { scaleByRate } from "../../src/optim/schedule.ts";
import { chain, type Schedule, type Transformation } from "../../src/optim/transformation.ts";
import { weightDecay } from "../../src/optim/weight-decay.ts";
import { next, SCHEDULE, scheduledAt, updateProgram, vectorsOf } from "../../src/programs/update-program.ts";
import { openSession } from "../../src/runtime/ort.ts";
import { vectorPart } from "./vector-part.ts";

/** What a transformation makes of a gradient at a step, from the given state or zeros. */
function applied(
  transformation: Transformation,
  gradient: readonly number[],
  { step = 1, parameters = gradient.map(() => 0), state = {} as Record<string, readonly number[]> } = {},
): { gradient: number[]; state: Record<string, number[]> } {
  const result = transformation.apply(g.constant(gradient), {
    parameters: g.constant(parameters),
    matrices: [],
    state: Object.fromEntries(
      transformation.state.map((name) => [name, g.constant(state[name] ?? gradient.map(() => 0))]),
    ),
    scheduled: Object.fromEntries(
      Object.entries(transformation.schedules).map(([name, value]) => [name, g.constant([value(step)])]),
    ),
  });
  const names = Object.keys(result.state);
  const [values, ...states] = evaluate([result.gradient, ...names.map((name) => result.state[name]!)], {});
  return {
    gradient: [...values!],
    state: Object.fromEntries(names.map((name, i) => [name, [...states[i]!]])),
  };
}

/** Adam as its paper writes it, with betas that may change. */
function adamOfPaper(gradients: readonly number[], beta1: Schedule, beta2: Schedule): number[] {
  const at = (schedule: Schedule, t: number) => (typeof schedule === "number" ? schedule : schedule(t));
  let [m, v, product1, product2] = [0, 0, 1, 1];
  return gradients.map((gradient, i) => {
    const [b1, b2] = [at(beta1, i + 1), at(beta2, i + 1)];
    m = b1 * m + (1 - b1) * gradient;
    v = b2 * v + (1 - b2) * gradient ** 2;
    product1 *= b1;
    product2 *= b2;
    return m / (1 - product1) / (Math.sqrt(v / (1 - product2)) + 1e-8);
  });
}

describe("Adam", () => {
  const GRADIENTS = [1, -0.5, 0.25, 3, -2];
  const CASES: readonly (readonly [string, Pick<AdamOptions, "beta1" | "beta2">])[] = [
    ["its own betas", { beta1: 0.9, beta2: 0.999 }],
    ["no mean of the gradient", { beta1: 0, beta2: 0.99 }],
    ["a beta2 that rises", { beta1: 0, beta2: (step: number) => 0.9 + 0.09 * Math.min(step / 4, 1) }],
    ["both betas changing", { beta1: (step: number) => 0.5 / step, beta2: (step: number) => 1 - 0.1 / step }],
  ];
  test.each(CASES)("with %s is that of the paper", (_, betas) => {
    const transformation = adam({ ...betas, epsilon: 1e-8 });
    let state: Record<string, number[]> = {};
    const received = GRADIENTS.map((gradient, i) => {
      const result = applied(transformation, [gradient], { step: i + 1, state });
      ({ state } = result);
      return result.gradient[0]!;
    });
    adamOfPaper(GRADIENTS, betas.beta1, betas.beta2).forEach((wanted, i) =>
      expect(received[i]).toBeCloseTo(wanted, 9),
    );
  });

  test("taken up at a later step corrects for all steps before it", () => {
    const beta2 = (step: number) => 1 - 0.1 / step;
    const [fresh, used] = [
      adam({ beta1: 0, beta2, epsilon: 1e-8 }),
      adam({ beta1: 0, beta2, epsilon: 1e-8 }),
    ];
    for (let step = 1; step < 6; step++) applied(used, [1], { step });
    expect(applied(fresh, [1], { step: 6 })).toEqual(applied(used, [1], { step: 6 }));
  });

  test("makes a first step of the size of the learning rate, whatever the gradient's", () => {
    const { gradient } = applied(chain(adam(), scaleByRate(0.1)), [1e-3, -50]);
    expect(gradient[0]).toBeCloseTo(0.1, 4);
    expect(gradient[1]).toBeCloseTo(-0.1, 4);
  });
});

test("clipping scales a long gradient to the norm, and leaves a short one alone", () => {
  const long = applied(clipByNorm(1), [3, 4]).gradient;
  expect(long.map((value) => Number(value.toFixed(9)))).toEqual([0.6, 0.8]);
  expect(applied(clipByNorm(1), [0.3, 0.4]).gradient).toEqual([0.3, 0.4]);
});

test("weight decay adds a share of the parameters, and after Adam is no matter of the gradient", () => {
  expect(applied(weightDecay(0.1), [1, 1], { parameters: [2, -3] }).gradient).toEqual([1.2, 0.7]);
  const decoupled = chain(
    adam(),
    weightDecay((step) => 0.1 * step),
    scaleByRate(0.5),
  );
  const { gradient } = applied(decoupled, [0, 0], { parameters: [2, -3], step: 2 });
  expect(gradient[0]).toBeCloseTo(0.2, 12);
  expect(gradient[1]).toBeCloseTo(-0.3, 12);
});

/** Runs the compiled update on gradients that are all the same. */
async function updates(optimizer: Optimizer, gradient: Float32Array, steps: number, begin: Float32Array) {
  const session = await openSession(updateProgram(vectorPart(begin.length, optimizer)));
  let vectors: Record<string, Float32Array> = Object.fromEntries(
    vectorsOf(optimizer).map((name) => [name, new Float32Array(begin.length)]),
  );
  const averages = Object.keys(optimizer.averaging.averages).map((name) => [name, begin] as const);
  vectors = { ...vectors, ...Object.fromEntries(averages), parameters: begin };
  const seen: Record<string, Float32Array>[] = [];
  for (let step = 1; step <= steps; step++) {
    const result = await session.run({
      ...vectors,
      ["gradient 0"]: gradient,
      [SCHEDULE]: scheduledAt(optimizer, step),
    });
    vectors = Object.fromEntries(vectorsOf(optimizer).map((name) => [name, result[next(name)]!]));
    seen.push(vectors);
  }
  await session.close();
  return seen;
}

test("with zero gradients Adam decays to 0 and to no denormal", async () => {
  const seen = await updates(
    adamW({ rate: 1e-3, clip: 1, ema: 0.9 }),
    Float32Array.of(0, 0),
    1200,
    Float32Array.of(1, 1),
  );
  const smallestNormal = 2 ** -126;
  for (const { "adam.m": m, "adam.v": v } of seen)
    for (const value of [...m!, ...v!]) expect(value === 0 || Math.abs(value) >= smallestNormal).toBe(true);
  expect([...seen.at(-1)!["adam.m"]!]).toEqual([0, 0]);
  expect(seen.at(-1)!["parameters"]!.every(Number.isFinite)).toBe(true);
});

test("the average follows the parameters with its decay, and at first faster", async () => {
  const optimizer = adamW({ rate: 0.1, clip: 100, ema: 0.5 });
  const seen = await updates(optimizer, Float32Array.of(1), 8, Float32Array.of(1));
  let average = 1;
  seen.forEach(({ parameters, average: received }, i) => {
    const decay = Math.min(0.5, (2 + i) / (11 + i));
    average += (1 - decay) * (parameters![0]! - average);
    expect(received![0]).toBeCloseTo(average, 5);
  });
});

test("of several averages each follows with its own decay, and the first is that of one alone, bit for bit", async () => {
  const begin = Float32Array.of(1);
  const of = (ema: number | readonly number[]) =>
    updates(adamW({ rate: 0.1, clip: 100, ema }), Float32Array.of(1), 8, begin);
  const several = await of([0.5, 0.3, 0]);
  expect(Object.keys(several[0]!)).toEqual(expect.arrayContaining(["average", "average-0.3", "average-0"]));
  for (const [decay, name] of [
    [0.5, "average"],
    [0.3, "average-0.3"],
    [0, "average-0"],
  ] as const) {
    const alone = await of(decay);
    expect(several.map((vectors) => vectors[name])).toEqual(alone.map(({ average }) => average));
  }
  expect(several.at(-1)!["average"]).not.toEqual(several.at(-1)!["average-0.3"]);
});

test("a schedule is asked for its value at every step", async () => {
  const rate = (step: number) => (step === 2 ? 0 : 0.1);
  const seen = await updates(adamW({ rate, clip: 1, ema: 0.5 }), Float32Array.of(1), 3, Float32Array.of(1));
  const values = seen.map(({ parameters }) => parameters![0]!);
  expect(values[0]).toBeCloseTo(0.9, 5);
  expect(values[1]).toBe(values[0]);
  expect(values[2]).toBeCloseTo(0.8, 4);
});
