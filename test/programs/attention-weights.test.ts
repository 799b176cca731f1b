import { expect, test } from "vitest";
import { attentionBlocks } from "../../src/graph/attention.ts";
import { is, type Node } from "../../src/graph/node.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";
import { buildNetwork, type NetworkConfig } from "../../src/programs/network.ts";
import { openNetworkObserver } from "../../src/programs/observer.ts";
import { initialParameters, placed } from "../../src/programs/parameters.ts";
import { placeRow } from "../../src/runtime/step/sampler.ts";
import { evaluate } from "../reference/evaluate.ts";

const GREY: NetworkConfig = {
  model: "pixelsnail",
  modelConfig: { width: 6, blocks: 2, layers: 1, key: 3, value: 6 },
  likelihood: "categorical",
  levels: 5,
  size: { channels: 1, rows: 5, cols: 6 },
};
const COLOUR: NetworkConfig = {
  ...GREY,
  modelConfig: { width: 6, blocks: 1, layers: 1, key: 3, value: 6 },
  size: { channels: 3, rows: 4, cols: 4 },
};

/** Networks whose attention looks at some pixels much more than at others. */
function opened(config: NetworkConfig) {
  const network = buildNetwork(config, 1);
  const weights = initialParameters(network.declarations, 3).map((weight) => 2 * weight);
  return { network, weights, observer: openNetworkObserver({ config, weights }) };
}

/** The weights of each attention, [positions, positions], by its name, in float64. */
function reference({ network, weights }: ReturnType<typeof opened>, picture: Uint8Array) {
  const parameters = placed(network.declarations).map(
    ({ name, start, end }) => [name, weights.subarray(start, end)] as const,
  );
  const feeds = { pictures: picture, ...Object.fromEntries(parameters) };
  const attentions = topologicalOrder([network.logits]).filter((node): node is Node<"attend"> =>
    is(node, "attend"),
  );
  return new Map(
    attentions.map((node) => {
      const blocks = attentionBlocks(node);
      // Small pictures have one block: all queries, all keys.
      expect(blocks).toHaveLength(1);
      return [node.name!, evaluate([blocks[0]!.weights], feeds)[0]!] as const;
    }),
  );
}

test.each([
  ["grey", GREY, 2],
  ["colour", COLOUR, 3],
])("the weights that an observer tells of %s pictures are those of the network", async (_, config, count) => {
  const net = opened(config);
  const { observer } = net;
  const { rows, cols } = config.size;
  expect(observer.attentions).toHaveLength(count);
  const picture = new Uint8Array(config.size.channels * rows * cols);
  for await (const { row, levels } of observer.observe({ seed: 4 })) {
    placeRow(picture, config.size, { first: 0, count: 1, row, levels });
  }
  const wanted = reference(net, picture);
  let largest = 0;
  for (const [row, col] of [
    [0, 0],
    [0, 1],
    [2, 0],
    [2, 3],
    [rows - 1, cols - 1],
  ] as const) {
    const found = await observer.attention({ row, col }, { seed: 4 });
    expect(found.map(({ name }) => name)).toEqual(observer.attentions);
    const pixel = row * cols + col;
    for (const { name, weights } of found) {
      const own = wanted.get(name)!.subarray(pixel * rows * cols, (pixel + 1) * rows * cols);
      weights.forEach((weight, j) => expect(weight).toBeCloseTo(own[j]!, 5));
      if (pixel > 0) expect(weights.reduce((sum, one) => sum + one)).toBeCloseTo(1, 5);
      largest = Math.max(largest, Math.max(...weights) * pixel);
    }
  }
  // They are not all alike, so that equal ones say something.
  expect(largest).toBeGreaterThan(1.5);
});

test("a network without attention tells none", async () => {
  const { observer } = opened({ ...GREY, model: "pixelcnn", modelConfig: { width: 4, depth: 1, head: 4 } });
  expect(observer.attentions).toEqual([]);
  expect(await observer.attention({ row: 1, col: 1 }, {})).toEqual([]);
  await expect(observer.attention({ row: 5, col: 1 }, {})).rejects.toThrow(/the row, received 5/);
});
