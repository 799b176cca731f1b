import { beforeAll, describe, expect, test } from "vitest";
import { classifierGraph, FEATURES, trainClassifier, type Classifier } from "../../src/compare/classifier.ts";
import { accuracyOf, openJudge } from "../../src/compare/judge.ts";
import type { Dataset, PictureSize } from "../../src/data/dataset.ts";
import { openDataset } from "../../src/data/open.ts";
import { initialParameters } from "../../src/programs/parameters.ts";
import { stacked } from "../../src/data/stack.ts";

let train: Dataset, valid: Dataset;
let classifier: Classifier;
const STEPS = 60;
beforeAll(async () => {
  [train, valid] = await Promise.all([openDataset("digits"), openDataset("digits:test")]);
  classifier = await trainClassifier(train, { seed: 3, steps: STEPS });
});

const first = (pictures: Dataset, count: number) => pictures.read(Array.from({ length: count }, (_, i) => i));

test("learns to tell digits, the same weights for the same seed", async () => {
  expect(await accuracyOf(classifier, { train, valid }, undefined)).toBeGreaterThan(0.8);
  expect(classifier).toMatchObject({ seed: 3, steps: STEPS, classes: 10 });
  expect(classifier.sha256).toMatch(/^[0-9a-f]{64}$/);
  const few = (threads: number) => trainClassifier(train, { seed: 1, steps: 3, threads });
  const [one, again] = [await few(1), await few(2)];
  expect(again.weights).toEqual(one.weights);
  expect(again.sha256).toBe(one.sha256);
});

test("without labels it is the same network with random weights", async () => {
  const unlabelled = { ...train, labels: undefined, classNames: undefined };
  const random = await trainClassifier(unlabelled, { seed: 3, steps: STEPS });
  expect(random).toMatchObject({ steps: 0, classes: 0 });
  expect((await trainClassifier(unlabelled, { seed: 4 })).sha256).not.toBe(random.sha256);
  expect(await accuracyOf(random, { train: unlabelled, valid }, undefined)).toBeNull();
  const judge = await openJudge(random, 1);
  const { features, classes } = await judge.of(await first(valid, 5));
  await judge.close();
  expect(classes).toBeUndefined();
  expect(features).toMatchObject({ count: 5, length: FEATURES });
  expect(new Set(features.values).size).toBeGreaterThan(100);
});

test("a stack has the features of its members, and the class that their classes make", async () => {
  const stacks = stacked(valid, 300);
  const [alone, three] = [await openJudge(classifier, 1), await openJudge(classifier, 3)];
  expect(three).toMatchObject({ features: 3 * FEATURES, classes: 1000 });
  const pictures = await first(stacks, 300);
  const [members, whole] = [await alone.of(pictures), await three.of(pictures)];
  await Promise.all([alone.close(), three.close()]);
  expect(whole.features).toMatchObject({ count: 300, length: 3 * FEATURES });
  expect(whole.features.values).toEqual(members.features.values);
  const [a, b, c] = members.classes!;
  expect(whole.classes![0]).toBe(100 * a! + 10 * b! + c!);
  // As `stacked` numbers its classes: three right out of three are more than half of the time.
  const right = whole.classes!.filter((label, i) => label === stacks.labels![i]).length;
  expect(right / 300).toBeGreaterThan(0.5);
});

describe("takes pictures of any size", () => {
  test.each([
    [{ channels: 1, rows: 8, cols: 8 }, 2],
    [{ channels: 1, rows: 28, cols: 28 }, 2],
    [{ channels: 3, rows: 32, cols: 32 }, 256],
    [{ channels: 1, rows: 3, cols: 50 }, 17],
  ] as const)("%o of %i levels", async (size: PictureSize, levels: number) => {
    const { features, logits } = classifierGraph({ size, levels, classes: 4 }, 2);
    expect(features.shape).toEqual([2, FEATURES, 1, 1]);
    expect(logits!.shape).toEqual([2, 4, 1, 1]);
    const { part } = classifierGraph({ size, levels, classes: 4 }, 1);
    const weights = initialParameters(part.declarations, 1);
    const judge = await openJudge({ size, levels, classes: 4, weights, seed: 1, steps: 0, sha256: "" }, 1);
    const length = size.channels * size.rows * size.cols;
    const judged = await judge.of(Uint8Array.from({ length: 3 * length }, (_, i) => (i * 7) % levels));
    await judge.close();
    expect(judged.classes).toHaveLength(3);
    expect(judged.features.values.every(Number.isFinite)).toBe(true);
  });
});
