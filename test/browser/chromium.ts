import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const USUAL = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts the installed Chromium without a window. */
export async function launchChromium(): Promise<Browser> {
  const places = process.env["CHROMIUM"] ? [process.env["CHROMIUM"]] : USUAL;
  const executablePath = places.find((place) => existsSync(place));
  if (executablePath === undefined) {
    throw new Error(
      `no Chromium at ${places.join(", ")}: install it (apt-get install chromium) or set CHROMIUM to its path`,
    );
  }
  // Chromium does not start as root with its sandbox. It sees only what this test serves.
  return await chromium.launch({ executablePath, args: ["--no-sandbox"] });
}
