// Compiles src/kernels/ to WebAssembly and writes it, as text, into a module of its own: it then loads in Node, in
// browsers and under any bundler without a file to be found or fetched.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "assemblyscript/asc";

const OUTPUT = join(import.meta.dirname, "../src/runtime/step/kernels-module.ts");
// Constants begin at 16, since 0 stands for "no address", and must end before what src/runtime/step/kernels.ts hands
// out.
const FREE_MEMORY = 1024;
const OPTIONS = [
  "--memoryBase",
  "16",
  "--runtime",
  "stub",
  "--enable",
  "simd",
  "--noAssert",
  "--importMemory",
  "-O3",
];
// "Exchange of v128 values is not supported by all embeddings": none are exchanged; functions of other files are
// exported too.
const QUIET = ["--disableWarning", "112"];

const root = join(import.meta.dirname, "..");
let binary;
const { error, stderr } = await main(
  ["src/kernels/index.ts", "--baseDir", root, "--outFile", "kernels.wasm", ...OPTIONS, ...QUIET],
  {
    writeFile: (name, contents) => {
      if (name === "kernels.wasm") binary = contents;
    },
  },
);
const messages = stderr.toString();
if (error || messages !== "") {
  console.error(messages || error);
  process.exit(1);
}
const memory = new WebAssembly.Memory({ initial: 1 });
const { instance } = await WebAssembly.instantiate(binary, { env: { memory } });
if (instance.exports.constantsEnd.value > FREE_MEMORY) {
  console.error(
    `expected constants of at most ${FREE_MEMORY} bytes, received ${instance.exports.constantsEnd.value}`,
  );
  process.exit(1);
}
const text = Buffer.from(binary).toString("base64");
writeFileSync(
  OUTPUT,
  `// Made by scripts/build-kernels.mjs from src/kernels/.\n/** The WebAssembly module of the kernels, ${binary.length} bytes, in base64. */\nexport const KERNELS_MODULE: string =\n  "${text}";\n`,
);
