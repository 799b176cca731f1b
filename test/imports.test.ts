import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const SRC = join(import.meta.dirname, "../src");

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
  ["data", ["basics", "files"]],
  ["pictures", ["basics", "data"]],
])("%s imports only %j", (folder, allowed) => {
  const others = of(folder).filter(
    ({ to }) => isOurs(to) && room(to) !== folder && !allowed.includes(room(to)),
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
  const nodeOnly = imports.filter(({ from, to }) => browser.includes(room(from)) && to.startsWith("node:"));
  expect(nodeOnly.map(show)).toEqual([]);
});

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
