import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const SRC = join(import.meta.dirname, "../src");
const DIST = join(import.meta.dirname, "../dist");

interface Import {
  readonly from: string;
  /** A path below src, or the name of a package. */
  readonly to: string;
}

/** Every import of every file of src, static or not, of types too. */
function allImports(): Import[] {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return files.flatMap((from) => {
    const text = readFileSync(join(SRC, from), "utf8");
    return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name]) => ({
      from,
      to: name!.startsWith(".") ? relative(SRC, join(SRC, dirname(from), name!)) : name!,
    }));
  });
}

const imports = allImports();
const room = (path: string) => path.split("/")[0]!;
const isOurs = (to: string) => to.endsWith(".ts");
const of = (folder: string) => imports.filter(({ from }) => from.startsWith(`${folder}/`));
const show = ({ from, to }: Import) => `${from} -> ${to}`;

test("there are imports to check", () => {
  expect(imports.length).toBeGreaterThan(100);
});

test.each([
  ["basics", []],
  ["graph", ["basics"]],
  ["autodiff", ["basics", "graph"]],
  ["nn", ["basics", "graph"]],
  ["likelihood", ["basics", "graph"]],
  ["optim", ["graph"]],
  ["models", ["basics", "graph", "nn", "likelihood"]],
  ["files", ["basics"]],
  ["fetch", ["basics", "files"]],
  ["data", ["basics", "files", "fetch"]],
  ["pictures", ["basics", "data"]],
])("%s imports only %j", (folder, allowed) => {
  const others = of(folder).filter(
    ({ to }) => isOurs(to) && room(to) !== folder && !allowed.includes(room(to)),
  );
  expect(others.map(show)).toEqual([]);
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

test("the lowerings never import one another, and import no more than the graph", () => {
  const others = of("lower").filter(
    ({ from, to }) => isOurs(to) && dirname(to) !== dirname(from) && !["graph", "basics"].includes(room(to)),
  );
  expect(others.map(show)).toEqual([]);
});

test("only the runtime knows ONNX Runtime", () => {
  const users = imports.filter(({ to }) => to.startsWith("onnxruntime"));
  expect(new Set(users.map(({ from }) => room(from)))).toEqual(new Set(["runtime"]));
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

test("tasks and train meet only at run; nothing imports the command line", () => {
  const crossing = [
    ...of("train").filter(({ to }) => room(to) === "tasks"),
    ...of("tasks").filter(({ to }) => room(to) === "train"),
    ...imports.filter(({ from, to }) => room(from) !== "cli" && room(to) === "cli"),
  ];
  expect(crossing.map(show)).toEqual([]);
});

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
