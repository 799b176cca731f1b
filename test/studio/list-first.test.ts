import { rename } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunList } from "../../src/studio/runs-api.ts";
import type { Studio } from "../../src/studio/server/server.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { recordOf, studioOf, writeRun } from "./open-studio.ts";

let folder: string;
let studio: Studio;
beforeAll(async () => {
  folder = await temporaryFolder({});
  for (let i = 0; i < 40; i++) await writeRun(join(folder, "runs", `run-${i}`), {}, [recordOf(i + 1)]);
  studio = await studioOf(join(folder, "runs"), folder);
});
afterAll(() => studio.close());

/** What is not the same of each answer, and what is said of how it was sent. */
const OF_SENDING = ["date", "connection", "keep-alive", "content-length", "content-encoding"];

async function ask(path: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(new URL(path, studio.address), {
    headers: { authorization: `Bearer ${studio.token}`, ...headers },
  });
  const said = Object.fromEntries([...answer.headers].filter(([name]) => !OF_SENDING.includes(name)));
  return { answer, status: answer.status, said, text: await answer.text() };
}

test("the list is answered as the app answers it, compressed or not", async () => {
  // The app alone answers a query.
  const byApp = await ask("/api/runs?");
  expect((JSON.parse(byApp.text) as RunList).runs.map(({ step }) => step).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  for (const [accepted, encoding] of [
    ["identity", null],
    ["gzip;q=0", null],
    ["gzip, deflate, br", "gzip"],
  ] as const) {
    const { answer, ...same } = await ask("/api/runs", { "accept-encoding": accepted });
    const { answer: _, ...expected } = byApp;
    expect(same).toEqual(expected);
    expect([accepted, answer.headers.get("content-encoding")]).toEqual([accepted, encoding]);
    const length = Number(answer.headers.get("content-length"));
    if (encoding === null) expect(length).toBe(Buffer.byteLength(same.text));
    else expect(length).toBeLessThan(Buffer.byteLength(same.text) / 5);
  }
  const unchanged = { "if-none-match": String(byApp.said["etag"]) };
  const [direct, other] = [await ask("/api/runs", unchanged), await ask("/api/runs?", unchanged)];
  expect([direct.status, direct.text, direct.said]).toEqual([304, "", other.said]);
});

test("what is wrong with the list is told as the app tells it", async () => {
  await rename(join(folder, "runs"), join(folder, "away"));
  await expect.poll(async () => (await ask("/api/runs")).status).toBe(500);
  const { text, said } = await ask("/api/runs");
  expect(text).toContain("ENOENT");
  expect(said).toMatchObject({ "cache-control": "no-store", "x-frame-options": "DENY" });
});
