import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { KERNELS_MODULE } from "../../src/runtime/step/kernels-module.ts";

const binary = Uint8Array.from(Buffer.from(KERNELS_MODULE, "base64"));

// The library that AssemblyScript compiles with.
const library = createRequire(import.meta.resolve("assemblyscript/asc")).resolve("binaryen");
const { default: binaryen } = (await import(pathToFileURL(library).href)) as typeof import("binaryen");

type Module = InstanceType<typeof binaryen.Module>;

/** The names of a module's instructions. */
function instructionsOf(module: Module): Set<string> {
  const text = module.emitText();
  module.dispose();
  return new Set(text.match(/(?<=\()[a-z0-9]+\.\w+/g));
}

test("the kernels are at most 60 KB", () => {
  expect(binary.length).toBeLessThanOrEqual(60_000);
});

test("they take nothing but a memory from outside, as browsers do", () => {
  const module = new WebAssembly.Module(binary);
  expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
});

test("they have no relaxed instructions, whose results depend on the machine", () => {
  const relaxed = `(module (func (param v128) (result v128)
    (f32x4.relaxed_madd (local.get 0) (local.get 0) (local.get 0))))`;
  expect(instructionsOf(binaryen.parseText(relaxed))).toContain("f32x4.relaxed_madd");
  const instructions = instructionsOf(binaryen.readBinary(binary));
  expect(instructions).toContain("f32x4.mul");
  expect([...instructions].filter((name) => name.includes("relaxed"))).toEqual([]);
});
