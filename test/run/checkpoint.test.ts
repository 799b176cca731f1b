import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { autoregressive } from "../../src/families/autoregressive.ts";
import { NETWORK } from "../../src/programs/network.ts";
import { initialState } from "../../src/programs/training-state.ts";
import { bestValueIn } from "../../src/run/best-weights.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/run/checkpoint.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/run/safetensors.ts";
import { fromCheckpoint, toCheckpoint, toWeights, weightsIn } from "../../src/run/training-state.ts";
import { TINY_CONFIG } from "./tiny-config.ts";

const FILE = "runs/x/checkpoints/step.safetensors";
const { parts } = autoregressive.trainable(TINY_CONFIG.network, 1, TINY_CONFIG.training);
const state = initialState(parts, 1);
const checkpoint = toCheckpoint(state, parts);
const bytes = encodeCheckpoint(checkpoint);

/** The same with other metadata, as it is written by others. */
const withMetadata = (metadata: Record<string, string>) => {
  const { tensors, metadata: own } = decodeSafetensors(bytes, FILE);
  return encodeSafetensors(tensors, { format: own["format"]!, ...metadata });
};

describe("a checkpoint", () => {
  test("is read as it was written", () => {
    expect(decodeCheckpoint(bytes, FILE)).toEqual({ file: FILE, ...checkpoint });
    expect(fromCheckpoint(decodeCheckpoint(bytes, FILE), parts)).toEqual(state);
  });

  test("in which one bit of any value has changed is refused", () => {
    const values = [...decodeSafetensors(bytes, FILE).tensors.values()];
    const length = values.reduce((sum, { data }) => sum + data.byteLength, 0);
    fc.assert(
      fc.property(fc.nat(length - 1), fc.nat(7), (at, bit) => {
        const damaged = Uint8Array.from(bytes);
        damaged[bytes.length - 1 - at]! ^= 1 << bit;
        expect(() => decodeCheckpoint(damaged, FILE)).toThrow(
          expect.objectContaining({ code: "FORMAT", message: expect.stringContaining(`checksum`) }),
        );
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("needs no checksum: runs from before have none", () => {
    expect(decodeCheckpoint(withMetadata({ step: "0" }), FILE)).toMatchObject(checkpoint);
  });

  test.each(["-1", "1.5", "1e3", "01", "", "9007199254740993"])("of step %j is refused", (step) => {
    expect(() => decodeCheckpoint(withMetadata({ step }), FILE)).toThrow(
      `expected a whole number as step in the metadata for ${FILE}, received "${step}"`,
    );
  });

  test.each([
    ["average", Number.NaN, "finite numbers"],
    ["parameters", Number.POSITIVE_INFINITY, "finite numbers"],
    ["adam.v", -1, "finite numbers of at least 0"],
  ] as const)("with %s that are %d is refused", (vector, value, what) => {
    const own = state.parts[NETWORK]!;
    const part = { ...own, [vector]: Float32Array.from(own[vector]!).fill(value, 3, 4) };
    const damaged = { ...state, parts: { [NETWORK]: part } };
    const read = decodeCheckpoint(encodeCheckpoint(toCheckpoint(damaged, parts)), FILE);
    expect(() => fromCheckpoint(read, parts)).toThrow(
      new RegExp(`^expected ${what} for .*\\.first\\.weight in ${FILE}, received ${value}$`),
    );
  });

  test("of another network is refused, and named", () => {
    const read = decodeCheckpoint(bytes, FILE);
    const other = [{ ...parts[0]!, declarations: [{ ...parts[0]!.declarations[0]!, shape: [1, 2, 3] }] }];
    expect(() => fromCheckpoint(read, other)).toThrow(
      `expected shape [1, 2, 3] for network/parameters.first.weight in ${FILE}, received [`,
    );
  });

  test("of weights to draw with holds them alone, and the figure that made it the best", () => {
    const average = state.parts[NETWORK]!["average"]!;
    const weights = encodeCheckpoint(
      toWeights(7, { [NETWORK]: average }, parts, { name: "nats", value: 1.5 }),
    );
    const read = decodeCheckpoint(weights, FILE);
    expect(read.step).toBe(7);
    expect(weightsIn(read, parts)).toEqual({ [NETWORK]: average });
    expect(weightsIn(decodeCheckpoint(bytes, FILE), parts)).toEqual({ [NETWORK]: average });
    expect(4 * read.tensors.size).toBe(checkpoint.tensors.size);
    expect(bestValueIn(read, "nats")).toBe(1.5);
    expect(() => fromCheckpoint(read, parts)).toThrow("for network/parameters.first.weight");
    expect(() => bestValueIn(read, "elbo")).toThrow(
      `expected a number as elbo in the metadata for ${FILE}, received "nats"`,
    );
    const { metadata: _, ...rest } = read;
    expect(() => bestValueIn({ ...rest, metadata: {} }, "nats")).toThrow(
      `expected a number as nats in the metadata for ${FILE}`,
    );
  });
});
