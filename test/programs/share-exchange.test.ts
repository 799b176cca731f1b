import { expect, test } from "vitest";
import { exchangeShares, spreadOver } from "../../src/programs/share-exchange.ts";
import { memoryWorld } from "../cluster/memory-world.ts";

const WEIGHTS = Float32Array.of(1, 2, 3);

/** What 3 ranks get of 4 shares, whose gradients are their numbers. */
const exchanged = (weightsOf: (rank: number) => Float32Array) =>
  Promise.allSettled(
    memoryWorld(3).map((world) => {
      const spread = spreadOver(world, 4);
      const own = {
        gradients: spread.sums[world.rank]!.map(({ start, end }) => Float32Array.of(start, end, world.rank)),
        numbers: [[world.rank, 0.5], ...(world.rank === 2 ? [[7, 8]] : [])],
      };
      return exchangeShares(spread, own, { weights: weightsOf(world.rank), step: 9 });
    }),
  );

test("all ranks get the sums and the numbers of all, in the order of shares", async () => {
  const value = {
    gradients: [
      [0, 1, 0],
      [1, 2, 1],
      [2, 4, 2],
    ].map((numbers) => Float32Array.from(numbers)),
    numbers: [
      [0, 0.5],
      [1, 0.5],
      [2, 0.5],
      [7, 8],
    ],
  };
  const results = await exchanged(() => WEIGHTS);
  expect(results).toHaveLength(3);
  for (const result of results) expect(result).toEqual({ status: "fulfilled", value });
});

test("a rank with other weights, if only in one bit, is named by all", async () => {
  const other = WEIGHTS.slice();
  new Uint32Array(other.buffer)[1]! ^= 1;
  const reason = {
    code: "CLUSTER",
    message: expect.stringMatching(
      /^expected the weights of rank 0 before step 9, received others on rank 2: /,
    ),
  };
  for (const result of await exchanged((rank) => (rank === 2 ? other : WEIGHTS)))
    expect(result).toMatchObject({ status: "rejected", reason });
});
