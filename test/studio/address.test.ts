import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  addressOf,
  ORDERS,
  readAddress,
  SPEEDS,
  VIEWS,
  type Address,
} from "../../src/studio/page/address.ts";
import { LOGARITHMIC } from "../../src/studio/page/runs/settings.ts";

const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });

const addresses: fc.Arbitrary<Address> = fc.record({
  view: fc.constantFrom(...VIEWS),
  run: fc.string({ unit: "grapheme" }),
  seed: fc.nat(Number.MAX_SAFE_INTEGER),
  picture: fc.nat(2 ** 32 - 1),
  temperature: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
  class: optional(fc.string({ unit: "grapheme" })),
  speed: optional(fc.nat(SPEEDS.length - 1)),
  pixel: optional(fc.nat(2 ** 24)),
  field: fc.boolean(),
  layer: fc.string({ unit: "grapheme" }),
  order: fc.constantFrom(...ORDERS),
  moment: optional(fc.nat(Number.MAX_SAFE_INTEGER)),
  beside: fc.string({ unit: "grapheme" }),
  smoothing: fc.nat(99),
  logarithmic: fc.constantFrom(...LOGARITHMIC),
  zoom: fc.oneof(
    fc.constant(""),
    fc.tuple(fc.nat(), fc.nat()).map((range) => range.join("-")),
  ),
});

test("an address keeps all settings", () => {
  fc.assert(
    fc.property(addresses, (address) => void expect(readAddress(addressOf(address))).toEqual(address)),
  );
});

test("any query is an address, with what makes sense of it", () => {
  const standard = readAddress("");
  expect(addressOf(standard)).toBe("?");
  expect(readAddress("?seed=-1&picture=1e3&temperature=x&view=none&speed=99&pixel=0.5&field=yes")).toEqual(
    standard,
  );
  expect(readAddress("?temperature=0&seed=9007199254740993&picture=4294967296")).toEqual(standard);
  fc.assert(
    fc.property(fc.string(), (query) => {
      const address = readAddress(query);
      expect(readAddress(addressOf(address))).toEqual(address);
    }),
  );
});
