import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import type { PageServer } from "../browser/serve.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What a person does on the page at a query, whose motion the system may allow. */
export type OnPage = (
  query: string,
  work: (page: Page) => Promise<void>,
  options?: { readonly hasMotion?: boolean },
) => Promise<void>;

/** Opens pages of a site; there must be no error, and no request but to the site itself. */
export const onPageOf =
  (server: PageServer, browser: Browser): OnPage =>
  async (query, work, { hasMotion = false } = {}) => {
    const page = await browser.newPage({
      viewport: { width: 1280, height: 900 },
      reducedMotion: hasMotion ? "no-preference" : "reduce",
    });
    const failures: string[] = [];
    await page.route("**", (route) => {
      const url = route.request().url();
      if (url.startsWith(server.origin) || url.startsWith("blob:")) return route.continue();
      failures.push(`asked for ${url}`);
      return route.abort();
    });
    page.on(
      "response",
      (response) => response.ok() || failures.push(`${response.status()} ${response.url()}`),
    );
    page.on("pageerror", (error) => failures.push(error.message));
    page.on("console", (message) => {
      // Reading the canvas is what the test does, not the page.
      const isOurs =
        ["error", "warning"].includes(message.type()) && !message.text().includes("getImageData");
      if (isOurs) failures.push(message.text());
    });
    try {
      await page.goto(`${server.origin}/index.html${query}`);
      await work(page);
    } finally {
      await page.close();
      expect(failures).toEqual([]);
    }
  };

/** Red, green, blue and alpha in the middle of each of the picture's pixels. */
export const shownOn = (page: Page, selector: string, rows: number, cols: number): Promise<number[][]> =>
  page.$eval(
    selector,
    (element, { rows, cols }) => {
      const { width, height } = element as HTMLCanvasElement;
      const context = (element as HTMLCanvasElement).getContext("2d")!;
      const { data } = context.getImageData(0, 0, width, height);
      return Array.from({ length: rows * cols }, (_, pixel) => {
        const x = Math.floor((((pixel % cols) + 0.5) * width) / cols);
        const y = Math.floor(((Math.floor(pixel / cols) + 0.5) * height) / rows);
        return [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)];
      });
    },
    { rows, cols },
  );

export const untilDrawn = (page: Page, text: string) => page.getByText(text, { exact: false }).waitFor();
/** Waits until the address has these settings and no others: it is written a moment after they change. */
export const untilAddress = (page: Page, settings: Readonly<Record<string, string>>) =>
  expect.poll(() => Object.fromEntries(new URL(page.url()).searchParams)).toEqual(settings);

/** Fails unless the page has no accessibility fault, and fits, at any width and in light and dark colours. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(AXE);
  for (const [width, colorScheme] of [
    [1280, "light"],
    [360, "dark"],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    const found = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
      const { scrollWidth, clientWidth } = document.documentElement;
      const { violations } = await axe.run();
      return {
        violations: violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]),
        overflow: scrollWidth - clientWidth,
      };
    });
    expect({ width, ...found }).toEqual({ width, violations: [], overflow: 0 });
  }
}
