import { expect, test } from "vitest";
import { scheduleFreeAdamW } from "../../src/optim/optimizer.ts";
import { initialState } from "../../src/programs/training-state.ts";
import { next, SCHEDULE, scheduledAt, updateProgram, vectorsOf } from "../../src/programs/update-program.ts";
import { openSession } from "../../src/runtime/ort.ts";
import { vectorPart } from "./vector-part.ts";

const COUNT = 3;
const STEPS = 12;
const rate = (step: number) => 0.1 * Math.min(1, step / 4);
const [BETA1, BETA2, DECAY] = [0.9, 0.99, 0.1];
const TARGET = [1, -2, 0.5];
/** Of half the squared distance to the target, each coordinate on a scale of its own. */
const slope = (at: ArrayLike<number>) => TARGET.map((target, i) => 0.1 ** i * (at[i]! - target));

/** Algorithm 1 of the paper, in float64. */
function ofPaper(): { x: number[]; y: number[] }[] {
  let [x, z, v] = [TARGET.map(() => 0), TARGET.map(() => 0), TARGET.map(() => 0)];
  let sum = 0;
  return Array.from({ length: STEPS }, (_, i) => {
    const t = i + 1;
    const y = z.map((value, k) => (1 - BETA1) * value + BETA1 * x[k]!);
    const gradient = slope(y);
    v = v.map((value, k) => BETA2 * value + (1 - BETA2) * gradient[k]! ** 2);
    z = z.map((value, k) => {
      const direction = gradient[k]! / (Math.sqrt(v[k]! / (1 - BETA2 ** t)) + 1e-8);
      return value - rate(t) * (direction + DECAY * y[k]!);
    });
    sum += rate(t) ** 2;
    const c = rate(t) ** 2 / sum;
    x = x.map((value, k) => (1 - c) * value + c * z[k]!);
    return { x, y: z.map((value, k) => (1 - BETA1) * value + BETA1 * x[k]!) };
  });
}

test("is the paper's: the parameters are y, the average is x", async () => {
  const optimizer = scheduleFreeAdamW({ rate, clip: 1e6, beta1: BETA1, beta2: BETA2, weightDecay: DECAY });
  const part = { name: "part", ...vectorPart(COUNT, optimizer) };
  const session = await openSession(updateProgram(part));
  let vectors = initialState([part], 0).parts["part"]!;
  const wanted = ofPaper();
  for (let step = 1; step <= STEPS; step++) {
    const gradient = Float32Array.from(slope(vectors["parameters"]!));
    const schedule = scheduledAt(optimizer, step);
    const result = await session.run({ ...vectors, ["gradient 0"]: gradient, [SCHEDULE]: schedule });
    vectors = Object.fromEntries(vectorsOf(optimizer).map((name) => [name, result[next(name)]!]));
    const { x, y } = wanted[step - 1]!;
    x.forEach((value, i) => expect(vectors["average"]![i], `x of step ${step}`).toBeCloseTo(value, 5));
    y.forEach((value, i) => expect(vectors["parameters"]![i], `y of step ${step}`).toBeCloseTo(value, 5));
  }
  await session.close();
});

test("a rate of 0 leaves parameters and average where they are", () => {
  const optimizer = scheduleFreeAdamW({ rate: (step) => (step < 3 ? 0 : 1), clip: 1 });
  const share = optimizer.averaging.schedules["schedule-free.share"]!;
  expect([1, 2, 3, 4, 5].map(share)).toEqual([0, 0, 1, 1 / 2, 1 / 3]);
});
