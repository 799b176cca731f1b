import { expect, test } from "vitest";
import { modelNamesOf, modelByName } from "../../src/models/by-name.ts";
import { buildNetwork } from "../../src/programs/network.ts";

const presets = modelNamesOf("autoregressive").flatMap((model) =>
  Object.entries(modelByName(model).presets).map(([preset, sizes]) => ({ model, preset, sizes })),
);

test.each(presets)("$model has a preset $preset, with every size", ({ model, preset, sizes }) => {
  expect(Object.keys(sizes)).toEqual(Object.keys(modelByName(model).defaults));
  const channels = /mnist/.test(preset) ? 1 : 3;
  const size = { channels, rows: 4, cols: 4 };
  const { logits } = buildNetwork({ model, modelConfig: sizes, likelihood: "bernoulli", levels: 2, size }, 1);
  expect(logits.shape).toEqual([1, channels, 4, 4]);
});

test("every model has the sizes of its paper", () => {
  for (const model of modelNamesOf("autoregressive")) {
    expect(Object.keys(modelByName(model).presets).join()).toMatch(/\bpaper-/);
  }
});
