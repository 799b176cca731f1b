import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { KERNELS_MODULE } from "../../src/runtime/step/kernels-module.ts";

const binary = Uint8Array.from(Buffer.from(KERNELS_MODULE, "base64"));

// The library that AssemblyScript compiles with.
const library = createRequire(import.meta.resolve("assemblyscript/asc")).resolve("binaryen");
const { default: binaryen } = (await import(pathToFileURL(library).href)) as typeof import("binaryen");

/** Whether a module is valid without any relaxed instruction. */
function isExact(module: InstanceType<typeof binaryen.Module>): boolean {
  const { All, RelaxedSIMD } = binaryen.Features;
  module.setFeatures(All & ~RelaxedSIMD);
  const isValid = module.validate() === 1;
  module.dispose();
  return isValid;
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
  expect(isExact(binaryen.parseText(relaxed))).toBe(false);
  expect(isExact(binaryen.readBinary(binary))).toBe(true);
});
