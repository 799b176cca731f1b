import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildNetwork, NETWORK } from "../../src/programs/network.ts";
import { openNetworkObserver } from "../../src/programs/observer.ts";
import { loadSavedModel } from "../../src/run/saved-model.ts";
import { publish } from "../../src/studio/publish.ts";
import { train } from "../../src/train/train.ts";
import { launchChromium } from "../browser/chromium.ts";
import type { PageServer } from "../browser/serve.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";
import { expectAccessible, onPageOf, shownOn, type OnPage } from "./on-page.ts";
import { serveSite } from "./serve-site.ts";

const MODELS = {
  "gated-pixelcnn": { width: 6, depth: 1, head: 6 },
  "diagonal-bilstm": { width: 4, depth: 1, head: 6 },
  pixelsnail: { width: 8, blocks: 2, layers: 1, key: 4, value: 8 },
};

let runs: string;
let server: PageServer;
let browser: Browser | undefined;
beforeAll(async () => {
  const folder = await temporaryFolder();
  runs = join(folder, "runs");
  for (const [model, sizes] of Object.entries(MODELS)) {
    const settings = { steps: 4, batch: 8, shares: 1, lr: 0.02 };
    await train({ dataset: "digits", out: join(runs, model), model, sizes, levels: 5, ...settings });
  }
  const site = join(folder, "site");
  await publish(
    Object.keys(MODELS).map((model) => join(runs, model)),
    site,
  );
  server = await serveSite(site);
  browser = await launchChromium();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  server.close();
});

const onPage: OnPage = (...work) => onPageOf(server, browser!)(...work);

/** Where the large map is red, that is, what is computed now: "row,column". */
async function computedNow(page: Page): Promise<string[]> {
  const colours = await shownOn(page, ".picture canvas", 8, 8);
  return colours.flatMap(([red, green, blue], pixel) =>
    red === 230 && green === 30 && blue === 30 ? [`${Math.floor(pixel / 8)},${pixel % 8}`] : [],
  );
}

const choose = (page: Page, layer: string) => page.getByRole("button", { name: layer }).click();
const step = (page: Page) => page.getByRole("button", { name: "Step", exact: true }).click();
const ROW = (row: number) => Array.from({ length: 8 }, (_, col) => `${row},${col}`);

describe("the inside of a network", () => {
  test("tells its layers, and moves the two stacks of Gated PixelCNN over the picture", async () => {
    const { config } = await loadSavedModel(join(runs, "gated-pixelcnn"));
    await onPage("?view=inside&run=gated-pixelcnn", async (page) => {
      await choose(page, "layer0.vertical");
      await page.getByText("Row 5, before the row is begun, for all its columns").waitFor();
      await expect.poll(() => computedNow(page)).toEqual(ROW(4));
      await choose(page, "layer0.horizontal");
      await expect.poll(() => computedNow(page)).toEqual([]);
      await step(page);
      await page.getByText("Row 5, column 1, before the pixel is drawn").waitFor();
      await expect.poll(() => computedNow(page)).toEqual(["4,0"]);
      await step(page);
      await expect.poll(() => computedNow(page)).toEqual(["4,1"]);
      await page.getByRole("button", { name: "Step back" }).click();
      await expect.poll(() => computedNow(page)).toEqual(["4,0"]);
      const { shape } = buildNetwork(config, 1).declarations.find(
        ({ name }) => name === "layer0.horizontal.weight",
      )!;
      await page.getByRole("button", { name: `layer0.horizontal [${shape.join(", ")}]` }).waitFor();
      await page.getByText("layer0.horizontal is computed before the pixel is drawn").waitFor();
      // A link shows the same moment of the same layer.
      await expect.poll(() => new URL(page.url()).searchParams.get("layer")).toBe("layer0.horizontal");
      await page.reload();
      await page.getByText("Row 5, column 1, before the pixel is drawn").waitFor();
      await expect.poll(() => computedNow(page)).toEqual(["4,0"]);
    });
  });

  test("moves the diagonal of the BiLSTM over the picture, and plays by itself", async () => {
    await onPage("?view=inside&run=diagonal-bilstm", async (page) => {
      await choose(page, "layer0.right.state");
      await page.getByLabel("In training").check();
      await page.getByText("layer0.right.state: diagonal 8 at once").waitFor();
      await expect.poll(() => computedNow(page)).toEqual(Array.from({ length: 8 }, (_, i) => `${i},${i}`));
      await step(page);
      await expect
        .poll(() => computedNow(page))
        .toEqual(Array.from({ length: 7 }, (_, i) => `${i + 1},${i}`));
      // One direction of drawing waits for the end of the row.
      await page.getByLabel("While a picture is drawn").check();
      await page.getByRole("slider", { name: "Moment" }).press("End");
      await page.getByText("Row 8, when the row is finished").waitFor();
      await expect.poll(() => computedNow(page)).toEqual(ROW(7));
      await page.getByRole("slider", { name: "Moment" }).press("Home");
      await page.getByRole("slider", { name: "Speed" }).press("End");
      await page.getByRole("button", { name: "Play" }).click();
      await page.getByText("Row 8, when the row is finished").waitFor();
      await page.getByRole("button", { name: "Play" }).waitFor();
    });
  });
});

test("watching shows where PixelSNAIL has looked, with the weights that the sampler computed", async () => {
  const { config, weights } = await loadSavedModel(join(runs, "pixelsnail"));
  const observer = openNetworkObserver({ config, weights: weights[NETWORK]! });
  const at = { row: 4, col: 2 };
  const [first] = await observer.attention(at, { seed: 3 });
  const most = first!.weights.indexOf(Math.max(...first!.weights));
  await onPage("?run=pixelsnail&seed=3", async (page) => {
    await page.getByText("64 of 64 pixels").waitFor();
    const picture = page.getByRole("application");
    const { width, height } = (await picture.boundingBox())!;
    await page.getByLabel("Attention").selectOption("block0.attention");
    await picture.hover({ position: { x: (2.5 * width) / 8, y: (4.5 * height) / 8 } });
    const place = `row ${Math.floor(most / 8) + 1}, column ${(most % 8) + 1}`;
    await page.getByText(`It attends most to ${place}`).waitFor();
    const shown = await shownOn(page, ".attention canvas", 8, 8);
    // The largest weight is the brightest; what comes later is empty.
    expect(shown[most]).toEqual([252, 255, 164, 255]);
    expect(shown.slice(0, 34).every(([, , , alpha]) => alpha === 255)).toBe(true);
    expect(shown.slice(35).every(([, , , alpha]) => alpha === 0)).toBe(true);
    await expectAccessible(page);
  });
});

test("the view has no accessibility fault", async () => {
  await onPage("?view=inside&run=pixelsnail", async (page) => {
    await page.getByText("Multiply-adds").waitFor();
    await expectAccessible(page);
  });
});
