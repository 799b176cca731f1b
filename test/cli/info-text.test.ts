import { expect, test } from "vitest";
import { infoText } from "../../src/cli/info-text.ts";
import { describeNetwork } from "../../src/tasks/info.ts";
import { TINY_CONFIG } from "../run/tiny-config.ts";

test.each([
  [{ positions: true }, "told the row and column of each pixel"],
  [
    { differences: true, likelihood: "logistic-mixture" },
    "predicts how pixels differ from the mean of those beside and above",
  ],
  [
    { field: { kind: "known", width: 2, depth: 1 } as const },
    "told of all known pixels, by a network of width 2 and depth 1",
  ],
])("says of %j what a network does beside reading the pixels before", (told, line) => {
  const network = { ...TINY_CONFIG.network, ...told };
  expect(infoText(network, describeNetwork(network)).split("\n")).toContain(line);
  expect(infoText(TINY_CONFIG.network, describeNetwork(TINY_CONFIG.network))).not.toMatch(/told|differ/);
});

test("says what sizes the networks of larger pictures have", () => {
  const sizes = { depth: 2 };
  const field = { kind: "coarse", halvings: 1, reads: "differences", width: 2, depth: 1, sizes } as const;
  const network = { ...TINY_CONFIG.network, field };
  const { width, head } = TINY_CONFIG.network.modelConfig;
  expect(infoText(network, describeNetwork(network)).split("\n")).toContain(
    `sizes of the networks of larger pictures: width ${width}, depth 2, head ${head}`,
  );
});
