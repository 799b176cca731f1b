import { expect, test } from "vitest";
import { input, relu } from "../../src/graph/language.ts";
import { compile } from "../../src/runtime/ort.ts";
import { openSessionThread } from "../../src/runtime/workers/session.ts";

const x = input("x", [4]);
const compiled = () => compile({ name: "relu", outputs: { y: relu(x) } }, { blocked: false });
const feeds = { x: Float32Array.of(-1, 0, 2, 3) };

test("a thread runs a session until it is closed", async () => {
  const session = await openSessionThread(await compiled(), { threads: 1 });
  expect(await session.run(feeds)).toEqual({ y: Float32Array.of(0, 0, 2, 3) });
  const pending = session.run(feeds);
  await session.close();
  const closed = expect.objectContaining({ code: "INTERRUPTED", message: expect.stringMatching(/closed/) });
  await expect(pending).rejects.toEqual(closed);
  await expect(session.run(feeds)).rejects.toEqual(closed);
  await session.close();
});

test("a thread that cannot open its session says why, and ends", async () => {
  const broken = { ...(await compiled()), model: Uint8Array.of(1, 2, 3) };
  const threads = () => (process.report.getReport() as { workers: unknown[] }).workers.length;
  const before = threads();
  await expect(openSessionThread(broken, { threads: 1 })).rejects.toThrow();
  await expect.poll(threads).toBe(before);
});
