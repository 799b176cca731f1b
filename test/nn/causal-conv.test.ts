import { expect, test } from "vitest";
import { causalMask } from "../../src/nn/causal-conv.ts";
import { fanInUniform, initialValues } from "../../src/nn/initialisers.ts";
import { Scope } from "../../src/nn/scope.ts";

/** The mask between one output and one input, a line per row of the kernel. */
function drawn(
  options: Parameters<typeof causalMask>[0],
  inputs: number,
  output: number,
  input: number,
): string[] {
  const { shape, values } = causalMask(options, inputs);
  const [, , rows, cols] = shape as [number, number, number, number];
  const start = (output * inputs + input) * rows * cols;
  return Array.from({ length: rows }, (_, row) =>
    values.subarray(start + row * cols, start + (row + 1) * cols).join(""),
  );
}

test("mask A covers what comes before the pixel, mask B the pixel too", () => {
  const options = { outputs: 1, kernel: 5, groups: 1 };
  expect(drawn({ ...options, mask: "A" }, 1, 0, 0)).toEqual(["11111", "11111", "11000"]);
  expect(drawn({ ...options, mask: "B" }, 1, 0, 0)).toEqual(["11111", "11111", "11100"]);
});

test("at the pixel itself, colours see earlier colours: R before G before B", () => {
  const own = (mask: "A" | "B") =>
    [0, 1, 2].map((output) =>
      [0, 1, 2]
        .map((input) => drawn({ outputs: 3, kernel: 3, mask, groups: 3 }, 3, output, input)[1]![1])
        .join(""),
    );
  expect(own("A")).toEqual(["000", "100", "110"]);
  expect(own("B")).toEqual(["100", "110", "111"]);
});

test("a row's kernel covers what is to the left, and with mask B the pixel", () => {
  const options = { outputs: 1, kernel: 5, groups: 1, isRow: true };
  expect(drawn({ ...options, mask: "A" }, 1, 0, 0)).toEqual(["110"]);
  expect(drawn({ ...options, mask: "B" }, 1, 0, 0)).toEqual(["111"]);
});

test("before a gate, each half of the maps is in the groups", () => {
  const own = [0, 1, 2, 3, 4, 5].map((output) =>
    [0, 1, 2]
      .map((input) => {
        const options = { outputs: 6, kernel: 1, mask: "B", groups: 3, parts: 2 } as const;
        return drawn(options, 3, output, input)[0];
      })
      .join(""),
  );
  expect(own).toEqual(["100", "110", "111", "100", "110", "111"]);
});

test("maps that are not a multiple of the colours are still grouped in order", () => {
  const { values } = causalMask({ outputs: 4, kernel: 1, mask: "B", groups: 3 }, 4);
  // Of four maps, two are red, one green, one blue: 1100, 1100, 1110, 1111.
  expect([...values].join("")).toBe("1100110011101111");
});

test("a parameter's first values depend on its name, its size and the seed, and lie within the bound", () => {
  const scope = Scope.root();
  const initialiser = fanInUniform(48);
  scope.at("a").parameter("weight", [10, 100], initialiser);
  scope.at("b").parameter("weight", [10, 100], initialiser);
  const [a, b] = scope.declarations;
  const values = initialValues(a!, 1);
  expect(initialValues(a!, 1)).toEqual(values);
  expect(initialValues(a!, 2)).not.toEqual(values);
  expect(initialValues(b!, 1)).not.toEqual(values);
  expect(Math.max(...values.map(Math.abs))).toBeLessThan(0.25);
  const variance = values.reduce((total, value) => total + value * value, 0) / values.length;
  expect(variance).toBeCloseTo(1 / 48, 2);
});

test("a name is given once", () => {
  const scope = Scope.root({ path: "layer" });
  scope.parameter("bias", [1], { bound: 0 });
  expect(() => scope.parameter("bias", [1], { bound: 0 })).toThrow(
    'expected a new name for a parameter, received "layer.bias" again',
  );
});
