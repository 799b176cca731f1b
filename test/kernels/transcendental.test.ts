import { readFileSync } from "node:fs";
import { join } from "node:path";
import { main as compileAssemblyScript } from "assemblyscript/asc";
import { describe, expect, test } from "vitest";

const NAMES = ["exp", "log", "sigmoid", "tanh", "gated"] as const;
type Name = (typeof NAMES)[number];

const loopOf = (name: Name) => `
  export function ${name}(from: usize, second: usize, to: usize, count: usize): void {
    for (let i: usize = 0; i < count << 2; i += 16)
      v128.store(to + i, lanes.${name}(v128.load(from + i)${name === "gated" ? ", v128.load(second + i)" : ""}));
  }`;
const ENTRY = `import * as lanes from "./transcendental";\n${NAMES.map(loopOf).join("")}`;

async function compile() {
  let wasm: Uint8Array<ArrayBuffer> | undefined;
  const kernels = join(import.meta.dirname, "../../src/kernels");
  const { error, stderr } = await compileAssemblyScript(
    [
      "entry.ts",
      "-O3",
      "--enable",
      "simd",
      "--runtime",
      "stub",
      "--noAssert",
      "--initialMemory",
      "128",
    ].concat(["--outFile", "out.wasm", "--disableWarning"]),
    {
      readFile(name) {
        if (name === "entry.ts") return ENTRY;
        return name === "transcendental.ts" ? readFileSync(join(kernels, name), "utf8") : null;
      },
      writeFile(_, contents) {
        wasm = contents as Uint8Array<ArrayBuffer>;
      },
      listFiles: () => [],
    },
  );
  if (error || !wasm) throw new Error(stderr.toString(), { cause: error });
  const { instance } = await WebAssembly.instantiate(wasm);
  return instance.exports as unknown as { memory: WebAssembly.Memory } & Record<
    Name,
    (from: number, second: number, to: number, count: number) => void
  >;
}

const kernels = await compile();

function apply(name: Name, x: ArrayLike<number>, second: ArrayLike<number> = []): Float32Array {
  const starts = [1, 2, 3].map((k) => k << 20) as [number, number, number];
  const view = (start: number) => new Float32Array(kernels.memory.buffer, start, x.length);
  view(starts[0]).set(x);
  view(starts[1]).set(second);
  kernels[name](...starts, x.length);
  return view(starts[2]).slice();
}

/** The result for one number, alike in all four lanes. */
function at(name: Name, x: number, second = 0): number {
  const results = apply(name, Array(4).fill(x), Array(4).fill(second));
  expect(new Set(results).size).toBe(1);
  return results[0]!;
}

const bits = new DataView(new ArrayBuffer(4));
function toBits(x: number): number {
  bits.setFloat32(0, x);
  return bits.getInt32(0);
}
function ofBits(n: number): number {
  bits.setInt32(0, n);
  return bits.getFloat32(0);
}

const COUNT = 200_000;

/** Evenly over a range of numbers; ascending. */
const even = (low: number, high: number) =>
  Float32Array.from({ length: COUNT }, (_, i) => low + ((high - low) * i) / (COUNT - 1));
/** Evenly over the bits of positive numbers, so every magnitude alike; ascending. */
const magnitudes = (low: number, high: number) =>
  Float32Array.from({ length: COUNT }, (_, i) =>
    ofBits(Math.round(toBits(low) + ((toBits(high) - toBits(low)) * i) / (COUNT - 1))),
  );
/** The neighbours of the numbers where the reduction of exp turns to the next power of two. */
const boundaries = Float32Array.from({ length: 250 * 16 }, (_, i) =>
  ofBits(toBits(((i >> 4) - 125 + 0.5) * Math.LN2) + (i & 15) - 8),
);
const LEAST_NORMAL = 2 ** -126;
const ulp = (exact: number) => 2 ** (Math.floor(Math.log2(Math.max(Math.abs(exact), LEAST_NORMAL))) - 23);

/** The greatest error, in units of the last place of the exact result's float32. */
function worst(name: Name, exact: (x: number, y: number) => number, x: Float32Array, y = x): number {
  return apply(name, x, y).reduce((most, found, i) => {
    const wanted = exact(x[i]!, y[i]!);
    return Math.max(most, Math.abs(found - wanted) / ulp(wanted));
  }, 0);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const ascends = (values: Float32Array, slack = 0) =>
  values.every(
    (value, i) => i === 0 || value >= values[i - 1]! || values[i - 1]! - value <= slack * ulp(value),
  );

describe("exp", () => {
  test("is within 1 ulp wherever e^x is a normal number", () => {
    expect(worst("exp", Math.exp, even(-87.33, 88.72))).toBeLessThan(1);
    expect(worst("exp", Math.exp, boundaries)).toBeLessThan(1);
    expect(worst("exp", Math.exp, magnitudes(1e-30, 80))).toBeLessThan(1);
  });

  test("never descends", () => {
    expect(ascends(apply("exp", even(-100, 100)))).toBe(true);
    expect(ascends(apply("exp", even(-1, 1)))).toBe(true);
  });

  test("at the ends", () => {
    for (const x of [0, -0, 1e-45, -1e-45]) expect(at("exp", x)).toBe(1);
    for (const x of [-87.34, -104, -1e10, -3e38, -Infinity]) expect(at("exp", x)).toBe(0);
    for (const x of [88.73, 104, 1e10, 3e38, Infinity]) expect(at("exp", x)).toBe(Infinity);
    expect(at("exp", Math.fround(88.72283))).toBeLessThan(Infinity);
    expect(at("exp", NaN)).toBeNaN();
  });
});

describe("log", () => {
  test("is within 1.2 ulp of all positive normal numbers", () => {
    expect(worst("log", Math.log, magnitudes(LEAST_NORMAL, 3.4e38))).toBeLessThan(1.2);
    expect(worst("log", Math.log, even(0.5, 2))).toBeLessThan(1.2);
    expect(worst("log", Math.log, magnitudes(0.999, 1.001))).toBeLessThan(1.2);
  });

  test("at the ends", () => {
    for (const x of [0, -0]) expect(at("log", x)).toBe(-Infinity);
    for (const x of [-1e-45, -1, -Infinity, NaN]) expect(at("log", x)).toBeNaN();
    expect(at("log", Infinity)).toBe(Infinity);
    expect(at("log", 1)).toBe(0);
    expect(at("log", 1e-45)).toBe(at("log", LEAST_NORMAL));
  });
});

describe("sigmoid", () => {
  test("is within 2.4 ulp on [-87, 100]", () => {
    expect(worst("sigmoid", sigmoid, even(-87, 100))).toBeLessThan(2.4);
    expect(worst("sigmoid", sigmoid, even(-10, 10))).toBeLessThan(2.4);
    expect(worst("sigmoid", sigmoid, boundaries)).toBeLessThan(2.4);
  });

  test("of x and of -x sum to 1 within 1.2e-7", () => {
    const x = even(0, 100);
    const minus = apply(
      "sigmoid",
      x.map((value) => -value),
    );
    const off = apply("sigmoid", x).map((value, i) => Math.abs(value + minus[i]! - 1));
    expect(Math.max(...off.subarray(0, 100_000))).toBeLessThan(1.2e-7);
  });

  test("at the ends", () => {
    for (const x of [0, -0, 1e-45]) expect(at("sigmoid", x)).toBe(0.5);
    for (const x of [88, 1e10, Infinity]) expect(at("sigmoid", x)).toBe(1);
    for (const x of [-88, -1e10, -Infinity]) expect(at("sigmoid", x)).toBe(at("sigmoid", -87));
    expect(at("sigmoid", -Infinity)).toBeCloseTo(0, 37);
    expect(at("sigmoid", NaN)).toBeNaN();
  });
});

describe("tanh", () => {
  test("is within 6 ulp everywhere", () => {
    expect(worst("tanh", Math.tanh, magnitudes(LEAST_NORMAL, 3.4e38))).toBeLessThan(6);
    expect(worst("tanh", Math.tanh, even(-10, 10))).toBeLessThan(6);
  });

  test("does not descend by more than 9 ulp", () => {
    expect(ascends(apply("tanh", even(-10, 10)), 9)).toBe(true);
  });

  test("is odd, and nowhere beyond 1", () => {
    const x = magnitudes(1e-45, 3.4e38);
    const minus = x.map((value) => -value);
    const found = apply("tanh", x);
    expect(apply("tanh", minus).every((value, i) => value === -found[i]!)).toBe(true);
    expect(found.every((value) => value <= 1)).toBe(true);
  });

  test("at the ends", () => {
    for (const x of [0, -0, 1e-45, -1e-40]) expect(at("tanh", x)).toBe(Math.fround(x));
    for (const x of [9.02, 100, 3e38, Infinity]) expect([at("tanh", x), at("tanh", -x)]).toEqual([1, -1]);
    expect(at("tanh", NaN)).toBeNaN();
  });
});

describe("gated", () => {
  const product = (a: number, b: number) => Math.tanh(a) * sigmoid(b);
  /** Pairs that meet everywhere in a rectangle. */
  const scattered = (low: number, high: number) =>
    Float32Array.from({ length: COUNT }, (_, i) => low + (high - low) * ((i * 0.6180339887498949) % 1));

  test("is tanh(a) sigmoid(b) within 7.5 ulp, for b in [-80, 80]", () => {
    expect(worst("gated", product, even(-10, 10), scattered(-80, 80))).toBeLessThan(7.5);
    expect(worst("gated", product, even(-3, 3), scattered(-5, 5))).toBeLessThan(7.5);
  });

  test("is finite at the ends, and NaN only of NaN", () => {
    for (const a of [0, 1, -3, Infinity]) {
      expect(Math.abs(at("gated", a, -Infinity))).toBeLessThan(1e-35);
      expect(at("gated", a, Infinity)).toBeCloseTo(Math.tanh(a), 6);
    }
    expect(at("gated", NaN, 1)).toBeNaN();
    expect(at("gated", 1, NaN)).toBeNaN();
  });
});
