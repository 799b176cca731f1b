import { appendFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lastLines, newLines, START } from "../../src/files/new-lines.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test("a file that grows in pieces of any length is read line by line, each line once", async () => {
  const file = join(await temporaryFolder(), "x");
  const piece = fc.stringMatching(/^[ab\n]{0,9}$/);
  await fc.assert(
    fc.asyncProperty(fc.array(piece), async (pieces) => {
      await rm(file, { force: true });
      let [cursor, read] = [START, ""];
      for (const one of pieces) {
        await appendFile(file, one);
        const { bytes, cursor: next, isStart, hasMore } = await newLines(file, cursor);
        expect([isStart, hasMore]).toEqual([cursor === START, false]);
        cursor = next;
        read += text(bytes);
      }
      const whole = pieces.join("");
      expect(read).toBe(whole.slice(0, whole.lastIndexOf("\n") + 1));
      expect((await lastLines(file, 12)).join("\n")).toBe(
        whole
          .slice(-12)
          .split("\n")
          .slice(whole.length <= 12 ? 0 : 1, -1)
          .join("\n"),
      );
    }),
    { numRuns: 50 },
  );
});

test("long files come in pieces of whole lines; a line that is longer than a piece is refused", async () => {
  const line = `${"x".repeat(999_999)}\n`;
  const folder = await temporaryFolder({ long: line.repeat(9), endless: "x".repeat(2 ** 22) });
  let [cursor, read, hasMore] = [START, 0, true];
  while (hasMore) {
    const found = await newLines(join(folder, "long"), cursor);
    expect(found.bytes.length % line.length).toBe(0);
    read += found.bytes.length;
    ({ cursor, hasMore } = found);
  }
  expect(read).toBe(9 * line.length);
  await expect(newLines(join(folder, "endless"), START)).rejects.toMatchObject({ code: "FORMAT" });
  await expect(newLines(folder, START)).rejects.toMatchObject({ code: "FORMAT" });
});

test("a file that was written anew is read from its start, and one that is not there has no lines", async () => {
  const folder = await temporaryFolder({ x: "a\nb\n" });
  const file = join(folder, "x");
  const { cursor } = await newLines(file, START);
  await rm(file);
  expect(await newLines(file, cursor)).toMatchObject({ cursor: START, isStart: true, hasMore: false });
  expect(await lastLines(file, 10)).toEqual([]);
  await writeFile(file, "a\nb\nc\n");
  const again = await newLines(file, cursor);
  expect([text(again.bytes), again.isStart]).toEqual(["a\nb\nc\n", true]);
  await writeFile(file, "a\n");
  expect(text((await newLines(file, again.cursor)).bytes)).toBe("a\n");
});
