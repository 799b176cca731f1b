import { execFile } from "node:child_process";
import { describe, expect, test } from "vitest";
import { MAIN } from "./run-cli.ts";

/** What `nextpixel doctor` says in a Node with these flags. */
const doctor = (flags: readonly string[], ...args: string[]) =>
  new Promise<{ code: number; stdout: string }>((resolve) => {
    execFile(process.execPath, [...flags, MAIN, "doctor", ...args], (error, stdout) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout }),
    );
  });

interface Found {
  readonly findings: readonly { readonly what: string; readonly state: string; readonly advice?: string }[];
}

describe("doctor", () => {
  test("finds all that the tests here need", async () => {
    const { code, stdout } = await doctor([], "--json");
    const { findings } = JSON.parse(stdout) as Found;
    expect(findings.map(({ what }) => what)).toEqual([
      "Node",
      "ONNX Runtime",
      "GPU",
      "WebAssembly SIMD",
      "MPI",
      "sharp",
      "threads",
      "memory",
      "disk",
      "cache",
    ]);
    expect(findings.filter(({ state }) => state === "error")).toEqual([]);
    for (const { state, advice } of findings) expect(advice === undefined).toBe(state === "ok");
    expect(code).toBe(0);
  });

  test("says what is missing and how to mend it, a line each, and ends with exit code 1", async () => {
    const { code, stdout } = await doctor(["--jitless"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(10);
    const missing = lines.filter((line) => line.startsWith("ERROR"));
    expect(missing).toEqual([
      expect.stringMatching(/^ERROR {4}WebAssembly SIMD: .+; sampling needs it: .+$/),
    ]);
    expect(code).toBe(1);
  });
});
