import { cp, mkdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dequantise } from "../../src/data/quantise.ts";
import { loadSavedModel } from "../../src/run/saved-model.ts";
import { publish } from "../../src/studio/publish.ts";
import { interpolate } from "../../src/tasks/interpolate.ts";
import { sample } from "../../src/tasks/sample.ts";
import { train } from "../../src/train/train.ts";
import { launchChromium } from "../browser/chromium.ts";
import type { PageServer } from "../browser/serve.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { drawLine, expectAccessible, onPageOf, shownOn, withPage, type OnPage } from "./on-page.ts";
import { studioOf } from "./open-studio.ts";
import { DIGITS } from "./runs.ts";
import { serveSite } from "./serve-site.ts";

// What a page does with ONNX Runtime: it trains, and draws with models that make whole pictures at once.

const STEPS = 40;
const SIZES = { width: 8, depth: 1, head: 16 };

let folder: string;
let server: PageServer;
let browser: Browser | undefined;
beforeAll(async () => {
  folder = await temporaryFolder();
  const small = { dataset: "digits", steps: 2, batch: 8, shares: 1 };
  await train({ ...small, out: join(folder, "vae"), model: "vae" });
  await train({ ...small, out: join(folder, "gan"), model: "gan" });
  const report = join(folder, "report.json");
  await writeFile(report, JSON.stringify(REPORT));
  const runs = [DIGITS, join(folder, "vae"), join(folder, "gan")];
  await publish(runs, join(folder, "site"), { train: true, report });
  server = await serveSite(join(folder, "site"));
  browser = await launchChromium();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  server.close();
});

const figure = { section: "diversity", unit: "", decimals: 3, better: "higher", source: "" };
const REPORT = {
  format: 1,
  data: { name: "digits" },
  samples: 2000,
  figures: [
    { ...figure, name: "bitsPerDim", label: "bits/dim", better: "lower", definition: "-log p in bits." },
    { ...figure, name: "coverage", label: "coverage", definition: "Of the balls." },
    { ...figure, name: "memory", label: "memory to draw", definition: "Not shown here." },
  ],
  rows: [
    { name: "vae", kind: "run", values: { bitsPerDim: { value: 1.9246 }, coverage: { value: 0.741 } } },
    {
      name: "gan",
      kind: "run",
      values: { bitsPerDim: { missing: "a GAN has no likelihood" }, coverage: { value: 0.58 } },
    },
    { name: "held-out pictures", kind: "control", values: { coverage: { value: 0.9 } } },
  ],
};

const onPage: OnPage = (...work) => onPageOf(server, browser!)(...work);
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

async function setSteps(page: Page, steps: number): Promise<void> {
  await page.getByLabel("Steps", { exact: true }).fill(String(steps));
  await page.getByLabel("Steps", { exact: true }).press("Enter");
}

describe("training in the page", () => {
  test("has the losses of nextpixel train, and ends its worker; the network can then be watched", async () => {
    const lr = 0.01;
    const settings = { steps: STEPS, shares: 1, lr, sizes: SIZES };
    const native = await train({ dataset: "digits", out: join(folder, "native"), ...settings });
    await onPage("?view=train&run=run-of-format-1", async (page) => {
      const asked: string[] = [];
      page.on("request", (request) => asked.push(new URL(request.url()).pathname));
      for (let i = 0; i < 2; i++) await page.getByRole("slider", { name: "Width" }).press("ArrowLeft");
      await page.getByRole("slider", { name: "Layers" }).press("Home");
      await setSteps(page, STEPS);
      // It is loaded only when it is asked for.
      expect(asked.filter((path) => path.includes("onnx"))).toEqual([]);
      await button(page, "Train").click();
      await page.getByText(`Step ${STEPS} of ${STEPS}`).waitFor();
      await page.getByText("Finished").waitFor();
      expect(asked.filter((path) => path.includes("onnx")).sort()).toEqual([
        "/onnx-worker.js",
        "/onnx/ort-loader.js",
        "/onnx/ort.js",
        "/onnx/ort.wasm.gz",
      ]);
      const text = await page.locator(".curve figcaption").innerText();
      const valid = Number(/validation ([\d.]+)/.exec(text)![1]);
      expect(Math.abs(valid - native.valid["bitsPerDim"]!)).toBeLessThan(2e-3);
      expect(await page.getByRole("img", { name: /^Picture/ }).count()).toBe(16);
      await expect.poll(() => page.workers().filter((one) => one.url().includes("onnx"))).toEqual([]);
      const first = await shownOn(page, '[aria-label="Picture 0"]', 8, 8);
      await button(page, "Watch it draw").click();
      await page.getByText("64 of 64 pixels").waitFor();
      await page.getByText(`pixelcnn, ${STEPS} steps`).waitFor();
      await expect.poll(() => shownOn(page, ".picture canvas", 8, 8)).toEqual(first);
      await page.getByLabel("Run").selectOption("run-of-format-1");
      await page.getByText("8 steps").waitFor();
    });
  });

  test("learns what a person draws, and stops when it is told to", async () => {
    await onPage("?view=train", async (page) => {
      await page.getByLabel("My own drawings").check();
      expect(await button(page, "Train").isDisabled()).toBe(true);
      const sheet = page.getByRole("application");
      // A column with the pointer, and a row with the keyboard.
      await drawLine(page, [
        [0, 2],
        [7, 2],
      ]);
      await button(page, "Add this drawing").click();
      await sheet.focus();
      await page.keyboard.press("Home");
      for (let i = 0; i < 8; i++) for (const key of [" ", "ArrowRight"]) await page.keyboard.press(key);
      await button(page, "Add this drawing").click();
      await page.getByText("2 drawings to learn from.").waitFor();
      await setSteps(page, 200);
      await expectAccessible(page);
      await button(page, "Train").click();
      await page.getByText("Finished").waitFor();
      const isWhite = (colours: number[][]) => colours.map(([red]) => (red === 255 ? 1 : 0)).join("");
      const drawn = [isWhite(await shownOn(page, '[aria-label="Drawing 1"]', 8, 8))];
      drawn.push(isWhite(await shownOn(page, '[aria-label="Drawing 2"]', 8, 8)));
      expect(drawn).toEqual(["00100000".repeat(8), `${"1".repeat(8)}${"0".repeat(56)}`]);
      let known = 0;
      for (let i = 0; i < 16; i++) {
        const picture = isWhite(await shownOn(page, `[aria-label="Picture ${i}"]`, 8, 8));
        if (drawn.includes(picture)) known++;
      }
      expect(known).toBeGreaterThan(12);
      await setSteps(page, 100_000);
      await button(page, "Train").click();
      await page.getByText(/About \d+ s left/).waitFor();
      await button(page, "Stop").click();
      await page.getByText("Stopped").waitFor();
      await button(page, "Remove drawing 1").click();
      await page.getByText("1 drawing to learn from: draw at least two.").waitFor();
    });
  });
});

describe("families side by side", () => {
  test("draws what sample draws, walks as interpolate does, and tells the figures", () =>
    onPage("?view=families&seed=3", expectFamilies));

  test("does so in the local studio, which draws the pictures itself", async () => {
    const root = join(folder, "runs");
    await mkdir(root);
    await cp(DIGITS, join(root, "run-of-format-1"), { recursive: true });
    for (const run of ["vae", "gan"]) await cp(join(folder, run), join(root, run), { recursive: true });
    await cp(join(folder, "vae"), join(root, "older vae"), { recursive: true });
    await utimes(join(root, "older vae/config.json"), 1, 1);
    for (const file of ["metrics.jsonl", "checkpoints", "samples"])
      await utimes(join(root, "older vae", file), 1, 1);
    const studio = await studioOf(root, folder, join(folder, "report.json"));
    try {
      const address = studio.address.replace("view=runs", "view=families&seed=3");
      const work = async (page: Page) => {
        await expectFamilies(page);
        await page.getByLabel("Run of the family vae").selectOption("older vae");
        await page.getByRole("img", { name: "Picture 0 of older vae" }).waitFor();
        expect(await page.getByRole("img", { name: "Picture 0 of vae" }).count()).toBe(0);
        // It has what training in the page needs, too.
        await page.getByRole("link", { name: "Train" }).click();
        await setSteps(page, 2);
        await button(page, "Train").click();
        await page.getByText("Finished").waitFor();
      };
      await withPage(browser!, address, work, {
        isExpected: (message) => message.includes("getImageData"),
      });
    } finally {
      await studio.close();
    }
  });

  async function expectFamilies(page: Page): Promise<void> {
    for (const run of ["run-of-format-1", "vae", "gan"]) {
      const path = run === "run-of-format-1" ? DIGITS : join(folder, run);
      const { pictures, levels } = await sample(await loadSavedModel(path), {
        count: 16,
        seed: 3,
        workers: 1,
      });
      await page.getByRole("img", { name: `Picture 15 of ${run}` }).waitFor();
      const shown = await shownOn(page, `[aria-label="Picture 15 of ${run}"]`, 8, 8);
      expectNearly(shown, dequantise(pictures.subarray(15 * 64), levels), levels);
    }
    const slider = page.getByRole("slider", { name: "Place on the way" });
    await slider.press("End");
    await page.getByText("100 % from seed 0 to seed 1").waitFor();
    await slider.press("ArrowLeft");
    const model = await loadSavedModel(join(folder, "vae"));
    const way = await interpolate(model, { fromSeed: 0, toSeed: 1, count: 33 });
    await page.getByRole("img", { name: "Picture 31 on the way of vae" }).waitFor();
    const shown = await shownOn(page, '[aria-label="Picture 31 on the way of vae"]', 8, 8);
    expectNearly(shown, dequantise(way.pictures.subarray(31 * 64, 32 * 64), way.levels), way.levels);
    await button(page, "On to seed 2").click();
    await page.getByText("0 % from seed 1 to seed 2").waitFor();

    const table = page.getByRole("table");
    expect(await table.getByRole("row").allInnerTexts()).toEqual([
      "Figure\tvae\tgan",
      "bits/dim lower is better\t1.925\tnone",
      "coverage higher is better\t0.741\t0.580",
    ]);
    await page.getByText("No bits/dim of gan: a GAN has no likelihood.").waitFor();
    await expectAccessible(page);
  }

  /** The runtimes round differently: a pixel may be another level if its value lies between two. */
  function expectNearly(shown: number[][], wanted: Uint8Array, levels: number): void {
    const step = 255 / (levels - 1);
    const differences = shown.map(([red], i) => Math.abs(red! - wanted[i]!));
    expect(Math.max(...differences)).toBeLessThan(1.5 * step);
    expect(differences.filter((one) => one > 0).length).toBeLessThan(3);
  }
});

test("a site without a run that can be watched shows the families", async () => {
  const site = join(folder, "families");
  const published = await publish([join(folder, "vae")], site);
  expect(published.bytesOfRuntime).toBeGreaterThan(3e6);
  const html = await readFile(join(site, "index.html"), "utf8");
  expect(html).toContain('content="families"');
  const other = await serveSite(site);
  try {
    await onPageOf(other, browser!)("", async (page) => {
      await page.getByRole("img", { name: "Picture 0 of vae" }).waitFor();
      expect(await page.getByRole("navigation").getByRole("link").allInnerTexts()).toEqual(["Families"]);
    });
  } finally {
    other.close();
  }
});
