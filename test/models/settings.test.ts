import { expect, test } from "vitest";
import { settingsFrom } from "../../src/models/settings.ts";

const KNOWN = {
  beta: { default: 1, least: 0, largest: 100, about: "weight" },
  loss: { default: "new", choices: ["old", "new"], about: "loss" },
};

test("settings are those given, the others by default", () => {
  expect(settingsFrom("m", KNOWN, {})).toEqual({ beta: 1, loss: "new" });
  expect(settingsFrom("m", KNOWN, { beta: 0.5, loss: undefined })).toEqual({ beta: 0.5, loss: "new" });
});

test.each([
  [{ gamma: 1 }, 'expected beta or loss for a setting of m, received "gamma"'],
  [{ beta: -1 }, "expected a number from 0 to 100 for beta, received -1"],
  [{ beta: Number.NaN }, "expected a number from 0 to 100 for beta, received NaN"],
  [{ beta: "1" }, "expected a number from 0 to 100 for beta"],
  [{ loss: "other" }, 'expected old or new for loss, received "other"'],
  [{ loss: 1 }, "expected old or new for loss, received 1"],
])("%j is refused", (given, message) => {
  expect(() => settingsFrom("m", KNOWN, given)).toThrow(message);
});

test("a model without settings has none", () => {
  expect(settingsFrom("m", {}, {})).toEqual({});
  expect(() => settingsFrom("m", {}, { beta: 1 })).toThrow(
    'expected none for a setting of m, received "beta"',
  );
});
