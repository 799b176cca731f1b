import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { trainCommand } from "../../src/cli/train-command.ts";
import { optionsOf } from "../../src/cli/run-options.ts";
import { withTrainOptions } from "../../src/cli/train-options.ts";
import { TRAIN_DEFAULTS } from "../../src/train/defaults.ts";
import { configOf } from "../../src/train/config-of-request.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

const DIGITS = { count: 1000, levels: 17, size: { channels: 1, rows: 8, cols: 8 } };

/** What `train` was asked for by a file of that content and these words on the command line. */
async function asked(content: object | string, ...words: string[]) {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  const folder = await temporaryFolder({ "some.json": text });
  const command = withTrainOptions(new Command("train"))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  command.action(() => {});
  await command.parseAsync(["--config", join(folder, "some.json"), ...words], { from: "user" });
  const told = await trainCommand(command);
  if (!("request" in told)) throw new Error("no run was begun");
  return told.request;
}

const sizesAsked = async (content: object, ...words: string[]) => {
  const request = await asked({ dataset: "digits", ...content }, "--out", "run", ...words);
  const { model, modelConfig } = configOf({ ...request, device: "cpu" }, DIGITS).network;
  return { model, ...modelConfig };
};

describe("a configuration file", () => {
  test("says the same as the command line would", async () => {
    const file = {
      dataset: "pictures",
      valid: "others",
      out: "run",
      model: "gated-pixelcnn",
      kernel: 5,
      steps: 100,
      lr: 1e-7,
      decay: 0.999,
      evalEvery: "7",
      likelihood: "categorical",
      resize: "6x4",
      gray: true,
      skipBad: false,
    };
    const { validFraction: _, ...defaults } = TRAIN_DEFAULTS;
    expect(await asked(file)).toMatchObject({
      ...defaults,
      ...file,
      evalEvery: 7,
      resize: { rows: 4, cols: 6 },
      sizes: { kernel: 5 },
    });
  });

  test("has a list where the command line has commas, and a run's configuration too", async () => {
    for (const ema of [[0.9, 0.99], "0.9,0.99"])
      expect(await asked({ dataset: "digits", out: "run", ema })).toMatchObject({ ema: [0.9, 0.99] });
    expect(await asked({ dataset: "digits", out: "run", ema: [0.9] })).toMatchObject({ ema: 0.9 });
    const { ema } = configOf(
      { ...(await asked({ dataset: "digits", out: "run", ema: [0.9, 0.99] })), device: "cpu" },
      DIGITS,
    ).training;
    expect(ema).toEqual([0.9, 0.99]);
    await expect(asked({ dataset: "digits", out: "run", ema: [] })).rejects.toThrow("a number or text");
    await expect(asked({ dataset: "digits", out: "run", steps: [1, 2] })).rejects.toThrow("whole number");
  });

  test("has sizes of larger pictures' networks, which do not count for another model", async () => {
    const file = { dataset: "digits", out: "run", model: "gated-pixelcnn", coarseToFine: 1 };
    for (const fineSizes of [["depth=3", "kernel=5"], "depth=3,kernel=5"]) {
      const request = await asked({ ...file, fineSizes });
      expect(request).toMatchObject({ fineSizes: { depth: 3, kernel: 5 } });
      const config = configOf({ ...request, device: "cpu" }, DIGITS);
      expect(config.network.field).toMatchObject({ halvings: 1, sizes: { depth: 3, kernel: 5 } });
      expect(await asked(optionsOf(config, "run"), "--out", "run")).toMatchObject({
        coarseToFine: 1,
        fineSizes: { depth: 3, kernel: 5 },
      });
    }
    const other = await asked({ ...file, fineSizes: "depth=3" }, "--model", "pixelsnail");
    expect(other).not.toHaveProperty("fineSizes");
    await expect(asked({ ...file, fineSizes: "depth" })).rejects.toThrow(
      "expected a whole number for depth of --fine-sizes",
    );
  });

  test("counts for less than the command line, whatever the order", async () => {
    const file = { dataset: "pictures", out: "run", steps: 100, batch: 8, gray: true };
    for (const words of [
      ["--steps", "3", "digits", "--batch", "32"],
      ["digits", "--batch", "32", "--steps", "3"],
    ]) {
      // A value that is the default counts too when it is typed.
      expect(await asked(file, ...words)).toMatchObject({
        dataset: "digits",
        out: "run",
        steps: 3,
        batch: 32,
        gray: true,
      });
    }
  });

  test("has settings of an optimizer, which do not count for another one", async () => {
    const file = { dataset: "digits", out: "run", lr: 0.1, ema: 0.5, clip: 2 };
    const own = { lr: 0.1, ema: 0.5, clip: 2 };
    // What the file means if it names none is the model's own.
    for (const [model, optimizer] of [
      ["pixelcnn", "muon"],
      ["gan", "adam"],
    ] as const)
      expect(await asked({ ...file, model }, "--optimizer", optimizer)).toMatchObject({ optimizer, ...own });
    const other = await asked(file, "--optimizer", "schedule-free");
    expect(other).toMatchObject({ optimizer: "schedule-free", clip: 2 });
    expect(other).not.toHaveProperty("lr");
    expect(other).not.toHaveProperty("ema");
  });

  test("gives way to an option that its own cannot be used with", async () => {
    const flags = await asked(
      { dataset: "x", out: "run", steps: 100, valid: "y" },
      "--epochs",
      "2",
      "--valid-fraction",
      "0.5",
    );
    expect({ steps: flags.steps, epochs: flags.epochs }).toEqual({ steps: undefined, epochs: 2 });
    expect({ valid: flags.valid, fraction: flags.validFraction }).toEqual({
      valid: undefined,
      fraction: 0.5,
    });
  });

  test.each([
    ["{", /expected JSON for .*some\.json/],
    ["[1]", /some\.json: expected an object of options, received \[1\]/],
    ["null", /some\.json: expected an object of options, received null/],
    [{ stepz: 3 }, /some\.json: stepz: expected one of dataset, .*, steps, /],
    [{ "eval-every": 3 }, /some\.json: eval-every: expected one of .*evalEvery/],
    [{ config: "other.json" }, /config: expected one of/],
    [{ json: true }, /json: expected one of/],
    ['{ "__proto__": 3 }', /__proto__: expected one of/],
    [{ steps: 1.5 }, /some\.json: steps: 1\.5: expected a whole number of at least 1/],
    [{ steps: "many" }, /steps: "many": expected a whole number/],
    [{ steps: true }, /steps: expected a number or text, received true/],
    [{ steps: null }, /steps: expected a number or text, received null/],
    [{ kernel: { first: 7 } }, /kernel: expected a number or text, received \{"first":7\}/],
    [{ lr: 0 }, /some\.json: lr: 0: Expected a number above 0/],
    [{ likelihood: "normal" }, /likelihood: "normal": .*bernoulli, categorical/],
    [{ gray: "yes" }, /gray: expected true or false, received "yes"/],
    [{ dataset: 5 }, /dataset: expected text, received 5/],
    [{ model: ["pixelcnn"] }, /model: expected text, received \["pixelcnn"\]/],
    [{ steps: 3, epochs: 2 }, /some\.json: epochs: expected none beside steps, received 2/],
  ])("is refused when it is %j", async (content, message) => {
    const failure = asked(content, "digits", "--out", "run");
    await expect(failure).rejects.toMatchObject({ code: "FORMAT", message: expect.stringMatching(message) });
  });

  test("may be YAML", async () => {
    const folder = await temporaryFolder({
      "some.yaml": "dataset: digits\nout: run # here\nsteps: 7\ndecay: 0.5\n",
    });
    const command = withTrainOptions(new Command("train")).action(() => {});
    await command.parseAsync(["--config", join(folder, "some.yaml")], { from: "user" });
    expect(await trainCommand(command)).toMatchObject({
      request: { dataset: "digits", out: "run", steps: 7, decay: 0.5 },
    });
  });

  test("is refused when it is none, or of another format", async () => {
    const command = withTrainOptions(new Command()).action(() => {});
    await command.parseAsync(["--config", "nowhere.json"], { from: "user" });
    await expect(trainCommand(command)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await command.parseAsync(["--config", "recipe.toml"], { from: "user" });
    await expect(trainCommand(command)).rejects.toMatchObject({
      code: "FORMAT",
      message:
        "expected the name of a configuration file to end in .json or .yaml or .yml, received recipe.toml",
    });
  });

  test("has to leave neither the data set nor the run out", async () => {
    await expect(asked({ out: "run" })).rejects.toThrow("missing required argument 'dataset'");
    await expect(asked({ dataset: "digits" })).rejects.toThrow("required option '--out <run>' not specified");
  });
});

describe("the sizes of a model", () => {
  const gated = { model: "gated-pixelcnn", width: 12, kernel: 5 };
  const own = { width: 32, depth: 7, kernel: 3, head: 32 };

  test("are its own, those of a preset, and those given, each in place of the ones before", async () => {
    expect(await sizesAsked({ model: "gated-pixelcnn" })).toEqual({ ...own, model: "gated-pixelcnn" });
    expect(await sizesAsked(gated)).toEqual({ ...own, ...gated });
    expect(await sizesAsked({ preset: "paper-mnist" }, "--head", "48")).toEqual({
      model: "pixelcnn",
      width: 16,
      depth: 7,
      kernel: 3,
      head: 48,
    });
    expect(await sizesAsked({ ...gated, preset: "mnist" }, "--width", "6")).toEqual({
      model: "gated-pixelcnn",
      width: 6,
      depth: 9,
      kernel: 5,
      head: 32,
    });
  });

  test("in a file are not for another model or preset that is typed", async () => {
    expect(await sizesAsked({ ...gated, preset: "mnist" }, "--model", "pixelcnn", "--depth", "3")).toEqual({
      model: "pixelcnn",
      width: 32,
      depth: 3,
      kernel: 3,
      head: 64,
    });
    expect(await sizesAsked(gated, "--preset", "mnist")).toMatchObject({ width: 128, kernel: 3 });
    expect(await sizesAsked(gated, "--model", "gated-pixelcnn")).toEqual({ ...own, ...gated });
  });

  test("are refused, with those there are, when it has not got them", async () => {
    await expect(sizesAsked({ model: "row-lstm" }, "--kernel", "3")).rejects.toMatchObject({
      code: "ARGUMENT",
      message: 'expected width or depth or head for a size of row-lstm, received "kernel"',
    });
    await expect(sizesAsked({}, "--preset", "mnist")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: 'expected paper-mnist or paper-cifar10 for the preset of pixelcnn, received "mnist"',
    });
    await expect(sizesAsked({ preset: "toString" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
