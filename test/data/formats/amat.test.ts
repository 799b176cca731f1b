import { join } from "node:path";
import { expect, test } from "vitest";
import { openAmat } from "../../../src/data/formats/amat.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const SIZE = { rows: 2, cols: 3 };

test("zeros and ones, a line each, are black and white", async () => {
  const folder = await temporaryFolder({ "x.amat": "0 1 0 0 0 1\n1 1 1 0 0 0\n" });
  const file = join(folder, "x.amat");
  const binary = await openAmat(file, SIZE, 2, "some");
  expect(binary).toMatchObject({
    name: "some",
    count: 2,
    levels: 2,
    size: { channels: 1, ...SIZE },
    labels: undefined,
  });
  expect([...(await binary.read([1, 0]))]).toEqual([1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  expect([...(await (await openAmat(file, SIZE, 256)).read([0]))]).toEqual([0, 255, 0, 0, 0, 255]);
});

test.each([
  ["", "lines of 6 values, received 0 bytes"],
  ["0 1 0 0 0 1", "lines of 6 values, received 11 bytes"],
  ["0 1 0 0 0 1\n0 1 0 2 0 1\n", "6 zeros and ones, with single spaces between, in line 2"],
  ["0 1 0\n0 0 1\n", "6 zeros and ones, with single spaces between, in line 1"],
  ["0 1 0 0 0 1 ", "in line 1, received another text"],
])("%j is refused", async (text, message) => {
  const file = join(await temporaryFolder({ "x.amat": text }), "x.amat");
  await expect(openAmat(file, SIZE, 2)).rejects.toMatchObject({
    code: "FORMAT",
    message: expect.stringContaining(message),
  });
});
