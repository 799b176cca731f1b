import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { expect, test } from "vitest";
import { trainCommand } from "../../src/cli/train-command.ts";
import { withTrainOptions } from "../../src/cli/train-options.ts";
import { configOf } from "../../src/train/config-of-request.ts";
import { familyOf } from "../../src/families/by-name.ts";

const RECIPES = join(import.meta.dirname, "../../recipes");

const recipes = ["", "long"].flatMap((folder) => {
  const path = join(RECIPES, folder);
  const files = existsSync(path) ? readdirSync(path) : [];
  return files.filter((file) => file.endsWith(".json")).map((file) => join(folder, file));
});

/** What the data set of that name would be, which need not be there. */
function pictures(name: string, gray = false) {
  if (name.includes("digits")) return { count: 3823, size: { channels: 1, rows: 8, cols: 8 } };
  if (name.includes("mnist")) return { count: 50_000, size: { channels: 1, rows: 28, cols: 28 } };
  if (name.includes("cifar")) return { count: 5000, size: { channels: gray ? 1 : 3, rows: 32, cols: 32 } };
  if (name.includes("emoji")) return { count: 3786, size: { channels: 3, rows: 64, cols: 64 } };
  // Of any size; their recipes scale them to this one.
  if (name.includes("photographs")) return { count: 49, size: { channels: 3, rows: 512, cols: 512 } };
  throw new Error(`what are the pictures of ${name}?`);
}

test("there are recipes", () => {
  expect(recipes).toContain("gated-pixelcnn-mnist.json");
});

test.each(recipes)("%s is one that train takes", async (recipe) => {
  const command = withTrainOptions(new Command("train").exitOverride()).action(() => {});
  await command.parseAsync(["--config", join(RECIPES, recipe), "--out", "run"], { from: "user" });
  const told = await trainCommand(command);
  if (!("request" in told)) throw new Error("a recipe begins a run");
  const { dataset, gray, levels = 256 } = told.request;
  const { network, training } = configOf(
    { ...told.request, device: "cpu" },
    { ...pictures(String(dataset), gray), levels },
  );
  expect(recipe).toContain(network.model);
  expect(training.steps).toBeGreaterThanOrEqual(training.evalEvery);
  const { parts } = familyOf(network).trainable(network, 1, training);
  for (const { declarations } of parts) expect(declarations).not.toEqual([]);
});
