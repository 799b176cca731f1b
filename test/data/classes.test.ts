import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  classesInTurn,
  classesOf,
  classNumber,
  classTurns,
  labelsAmong,
  logPrior,
  namesOf,
  oneHot,
} from "../../src/data/classes.ts";
import { holdOut, memoryDataset, subset, type Dataset } from "../../src/data/dataset.ts";
import { trainingOrder } from "../../src/data/order.ts";

const NAMES = ["cat", "dog", "2", "emu"];
const CLASSES = NAMES.map((name) => ({ name, pictures: 1 }));

/** One pixel each, of value 10 * its class. */
const dataset = (labels: readonly number[], classNames = NAMES): Dataset =>
  memoryDataset({
    name: "animals",
    size: { channels: 1, rows: 1, cols: 1 },
    levels: 256,
    pixels: Uint8Array.from(labels, (label) => 10 * label),
    labels,
    classNames,
  });
const unlabelled = memoryDataset({
  name: "animals",
  size: { channels: 1, rows: 1, cols: 1 },
  levels: 256,
  pixels: new Uint8Array(3),
});

test("the classes of a data set are counted, those without pictures too", () => {
  expect(classesOf(dataset([1, 0, 1, 3]))).toEqual([
    { name: "cat", pictures: 1 },
    { name: "dog", pictures: 2 },
    { name: "2", pictures: 0 },
    { name: "emu", pictures: 1 },
  ]);
});

test("labels stay with their pictures through hold-outs, subsets and the order of training", async () => {
  const labels = fc.array(fc.nat(3), { minLength: 4, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(labels, fc.nat(1000), async (all, seed) => {
      const { train, valid } = holdOut(dataset(all), 0.3, seed);
      const indices = Uint32Array.from({ length: train.count }, (_, i) => train.count - 1 - i);
      const reversed = subset(train, indices);
      for (const part of [train, valid, reversed]) {
        const numbers = labelsAmong(part, CLASSES);
        const order = trainingOrder(part.count, seed)(3, 5);
        const pixels = await part.read(order);
        expect([...pixels]).toEqual(Array.from(order, (index) => 10 * numbers[index]!));
      }
      const counted = [train, valid].map((part) => classesOf(part).map(({ pictures }) => pictures));
      const whole = classesOf(dataset(all)).map(({ pictures }) => pictures);
      expect(counted[0]!.map((pictures, k) => pictures + counted[1]![k]!)).toEqual(whole);
    }),
    { seed: 7 },
  );
});

describe("the labels of a data set among the classes of a model", () => {
  test("are found by name, however the data set numbers them", () => {
    const other = dataset([0, 1, 1], ["emu", "cat"]);
    expect(labelsAmong(other, CLASSES)).toEqual(Int32Array.of(3, 0, 0));
  });

  test("need no more of the names than there are pictures of", () => {
    expect(labelsAmong(dataset([1], ["yak", "dog"]), CLASSES)).toEqual(Int32Array.of(1));
  });

  test("are refused if the model does not know them, or if there are none", () => {
    expect(() => labelsAmong(dataset([0, 1], ["dog", "yak"]), CLASSES)).toThrow(
      expect.objectContaining({
        code: "ARGUMENT",
        message: 'expected pictures of the classes cat, dog, 2, emu for animals, received "yak"',
      }),
    );
    for (const ask of [() => labelsAmong(unlabelled, CLASSES), () => classesOf(unlabelled)]) {
      expect(ask).toThrow(
        expect.objectContaining({
          code: "ARGUMENT",
          message: expect.stringMatching(
            /^expected labels for the pictures of "animals", received none: .*sub-folder.*labels-idx1-ubyte$/,
          ),
        }),
      );
    }
  });
});

describe("a class that is wanted", () => {
  test("is found by its name or else by its number; a name is a name even if it looks like a number", () => {
    expect(["cat", "emu", "0", "1", "3", 0, 3].map((one) => classNumber(CLASSES, one))).toEqual([
      0, 3, 0, 1, 3, 0, 3,
    ]);
    const swapped = ["1", "0"].map((name) => ({ name, pictures: 1 }));
    expect(["1", "0", 1, 0].map((one) => classNumber(swapped, one))).toEqual([0, 1, 1, 0]);
  });

  test.each(["yak", "4", "-1", "1.5", "", " ", "Cat", 4, -1, 0.5, Number.NaN])(
    "is refused if it is %j",
    (one) => {
      expect(() => classNumber(CLASSES, one)).toThrow(
        expect.objectContaining({
          code: "ARGUMENT",
          message: expect.stringContaining(
            "expected one of cat, dog, 2, emu (or their numbers, from 0) for the class, received",
          ),
        }),
      );
    },
  );

  test("has its turn at the same pictures, wherever drawing begins", () => {
    expect(classesInTurn(CLASSES, { first: 0, count: 6 })).toEqual(Uint32Array.of(0, 1, 2, 3, 0, 1));
    expect(classesInTurn(CLASSES, { first: 3, count: 3 })).toEqual(Uint32Array.of(3, 0, 1));
    const wanted = ["emu", 0];
    expect(classesInTurn(CLASSES, { first: 1, count: 3, wanted })).toEqual(Uint32Array.of(0, 3, 0));
    expect(classesInTurn(undefined, { first: 0, count: 2 })).toBeUndefined();
  });

  test("is refused of a model without classes, and so are none of one with", () => {
    expect(() => classTurns(undefined, ["cat"])).toThrow(
      expect.objectContaining({
        code: "ARGUMENT",
        about: ["train.classConditional"],
      }),
    );
    expect(() => classTurns(CLASSES, [])).toThrow("expected at least one class for the classes to draw");
  });
});

test("many names are cut short", () => {
  const classes = Array.from({ length: 33 }, (_, i) => ({ name: `n${i}`, pictures: 0 }));
  expect(namesOf(classes)).toMatch(/^n0, n1, .*, n31, \.\.\. \(33 in all\)$/);
  expect(namesOf(classes.slice(0, 32))).toMatch(/, n31$/);
});

test("the prior is the share of the training pictures, one more counted of each class", () => {
  const classes = [7, 0, 1].map((pictures) => ({ name: String(pictures), pictures }));
  expect([...logPrior(classes)].map((log) => Math.exp(log).toFixed(9))).toEqual(
    [8 / 11, 1 / 11, 2 / 11].map((share) => share.toFixed(9)),
  );
});

test("one-hot labels", () => {
  expect(oneHot([2, 0], 3)).toEqual(Float32Array.of(0, 0, 1, 1, 0, 0));
});
