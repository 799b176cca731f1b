import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const SRC = join(import.meta.dirname, "../src");
const DIST = join(import.meta.dirname, "../dist");

/**
 * Every room of src, and the rooms that it may import. A room is a folder that holds files, or a file that lies in no
 * folder. A room imports only such as stand above it. docs/architecture.md has the same table.
 */
const RULES: readonly (readonly [room: string, mayImport: string])[] = [
  ["version.ts", "nothing"],
  ["basics", "nothing"],
  ["graph", "basics"],
  ["autodiff", "basics, graph"],
  ["lower/onnx", "basics, graph"],
  ["lower/step", "basics, graph"],
  ["kernels", "nothing"],
  ["nn", "basics, graph"],
  ["likelihood", "basics, graph"],
  ["models", "basics, graph, nn, likelihood"],
  ["optim", "graph"],
  ["runtime", "basics, graph, lower/onnx"],
  ["runtime/step", "basics, graph, likelihood, lower/step, kernels"],
  ["runtime/workers", "basics, graph, runtime, runtime/step"],
  ["files", "basics"],
  ["fetch", "basics, files"],
  ["hub", "basics, files, fetch"],
  ["data", "basics, files, fetch, hub"],
  [
    "programs",
    "basics, graph, autodiff, nn, likelihood, models, optim, data, lower/onnx, lower/step, " +
      "runtime, runtime/step, runtime/workers",
  ],
  ["cluster", "basics, programs"],
  ["families", "basics, graph, autodiff, nn, likelihood, models, optim, programs"],
  ["pictures", "basics, data"],
  ["run", "basics, files, fetch, hub, graph, models, runtime, programs, families"],
  [
    "train",
    "version.ts, basics, files, likelihood, models, data, programs, families, pictures, run, " +
      "runtime, runtime/workers",
  ],
  [
    "tasks",
    "version.ts, basics, files, fetch, hub, graph, models, data, programs, cluster, families, pictures, run, " +
      "runtime, runtime/step, runtime/workers",
  ],
  [
    "compare",
    "version.ts, basics, files, fetch, hub, graph, nn, optim, data, programs, families, pictures, run, " +
      "runtime, runtime/workers, train, tasks",
  ],
  ["studio", "basics, files, fetch, hub, families, programs, run, runtime"],
  ["studio/server", "basics, files, families, programs, run, tasks, studio"],
  ["studio/page/runs", "basics, run, studio"],
  ["definitions.ts", "graph, likelihood, models, nn"],
  [
    "browser.ts",
    "definitions.ts, basics, graph, data, programs, families, run, runtime/step, runtime/workers",
  ],
  [
    "studio/page",
    "basics, graph, likelihood, models, data, lower/onnx, lower/step, programs, families, pictures, run, " +
      "runtime, runtime/step, runtime/workers, train, studio, studio/page/runs, browser.ts",
  ],
  [
    "index.ts",
    "definitions.ts, basics, fetch, data, programs, cluster, run, runtime/step, train, tasks, compare",
  ],
  ["cli", "everything"],
];

const roomsOf = (mayImport: string) => (mayImport === "nothing" ? [] : mayImport.split(", "));

interface Import {
  readonly from: string;
  /** A path below src, or the name of a package. */
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));

const IMPORT =
  /^(?:import|export|\})[^"'=;]*\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;

/** Every import of every file of src, static or not, of types too. */
const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(SRC, from), "utf8");
  return [...text.matchAll(IMPORT)].map(([, name = "", bare = "", called = ""]) => {
    const to = name + bare + called;
    return { from, to: to.startsWith(".") ? relative(SRC, join(SRC, dirname(from), to)) : to };
  });
});

/** These have folders for their parts, which are one room. */
const WITH_PARTS = ["data", "compare"];
const room = (path: string) => {
  const [top] = path.split("/", 1);
  if (WITH_PARTS.includes(top!)) return top!;
  return path.includes("/") ? dirname(path) : path;
};
const isOurs = (to: string) => /\.tsx?$/.test(to);
const of = (folder: string) => imports.filter(({ from }) => from.startsWith(`${folder}/`));
const show = ({ from, to }: Import) => `${from} -> ${to}`;

test("all imports are found", () => {
  expect(imports.length).toBeGreaterThan(100);
  expect(imports.filter(({ from }) => from === "index.ts").length).toBeGreaterThan(5);
  const paths = new Set(files);
  expect(imports.filter(({ to }) => isOurs(to) && !paths.has(to)).map(show)).toEqual([]);
});

test("every room has a rule, and every rule a room", () => {
  expect(RULES.map(([name]) => name).sort()).toEqual([...new Set(files.map(room))].sort());
});

test.each(RULES)("%s imports only %s", (name, mayImport) => {
  if (mayImport === "everything") return;
  const allowed = [name, ...roomsOf(mayImport)];
  const others = imports.filter(
    ({ from, to }) => room(from) === name && isOurs(to) && !allowed.includes(room(to)),
  );
  expect(others.map(show)).toEqual([]);
});

test("a room imports only such as stand above it", () => {
  RULES.forEach(([name, mayImport], at) => {
    const above = RULES.slice(0, at).map(([other]) => other);
    if (mayImport !== "everything") expect(above, name).toEqual(expect.arrayContaining(roomsOf(mayImport)));
  });
});

test("docs/architecture.md has the same table", () => {
  const text = readFileSync(join(import.meta.dirname, "../docs/architecture.md"), "utf8");
  const rows = [...text.matchAll(/^\| `([^`]+?)\/?` \|.*\| ([^|]+) \|$/gm)];
  expect(rows.map(([, name, mayImport]) => [name, mayImport])).toEqual(RULES);
});

test("within data, formats know what is general, the Hub and the catalog know formats, and only the list knows all", () => {
  const part = (path: string) => (path.split("/").length === 2 ? "general" : path.split("/")[1]!);
  const allowed: Readonly<Record<string, readonly string[]>> = {
    general: [],
    formats: ["general"],
    parquet: ["general"],
    published: ["general", "formats"],
    hub: ["general", "formats", "parquet"],
  };
  const others = of("data").filter(
    ({ from, to }) =>
      room(to) === "data" &&
      part(to) !== part(from) &&
      !allowed[part(from)]!.includes(part(to)) &&
      !["data/open.ts", "data/formats/all.ts"].includes(from),
  );
  expect(others.map(show)).toEqual([]);
});

test("only the runtime knows ONNX Runtime", () => {
  const users = imports.filter(({ to }) => to.startsWith("onnxruntime"));
  expect(new Set(users.map(({ from }) => room(from)))).toEqual(new Set(["runtime"]));
});

test("only the cluster knows MPI", () => {
  const users = imports.filter(({ to }) => to === "koffi");
  expect(new Set(users.map(({ from }) => from))).toEqual(new Set(["cluster/library.ts"]));
});

test("what a browser needs imports nothing of Node", () => {
  const browser = ["basics", "graph", "autodiff", "nn", "models", "likelihood", "optim", "lower", "pictures"];
  const folders = [...browser, "kernels", "runtime/step"];
  const nodeOnly = folders.flatMap(of).filter(({ to }) => to.startsWith("node:"));
  expect(nodeOnly.map(show)).toEqual([]);
});

// The built files: imports of types are gone from the JavaScript, and those that are left in the declarations matter.
test.each([".js", ".d.ts"])(
  "the browser's entry and its worker reach nothing but our own %s files",
  (ending) => {
    const reached = new Set<string>();
    const foreign: string[] = [];
    const visit = (file: string) => {
      if (reached.has(file)) return;
      reached.add(file);
      const text = readFileSync(join(DIST, file + ending), "utf8");
      for (const [, name] of text.matchAll(/(?:from|import|new URL)\s*\(?\s*"([^"]+)"/g)) {
        if (name!.startsWith(".")) visit(join(dirname(file), name!.replace(/\.[jt]s$/, "")));
        else foreign.push(`${file} -> ${name}`);
      }
    };
    visit("browser");
    visit("runtime/workers/web-worker");
    expect(foreign).toEqual([]);
    expect(reached).toContain("programs/sampler");
  },
);

test("there are no cycles", () => {
  const next = new Map<string, Import[]>();
  for (const one of imports.filter(({ to }) => isOurs(to)))
    next.set(one.from, [...(next.get(one.from) ?? []), one]);
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    expect(path.includes(file), [...path, file].join(" -> ")).toBe(false);
    if (done.has(file)) return;
    for (const { to } of next.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
});
