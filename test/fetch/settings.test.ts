import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cacheFolder, fetchSettings } from "../../src/fetch/settings.ts";

const HOME = homedir();

test.each([
  [{}, "linux", join(HOME, ".cache/nextpixel")],
  [{}, "darwin", join(HOME, "Library/Caches/nextpixel")],
  [{ LOCALAPPDATA: "/local" }, "win32", join("/local", "nextpixel", "Cache")],
  [{}, "win32", join(HOME, "AppData/Local/nextpixel/Cache")],
  [{ XDG_CACHE_HOME: "/x" }, "linux", "/x/nextpixel"],
  [{ XDG_CACHE_HOME: "" }, "linux", join(HOME, ".cache/nextpixel")],
  [{ XDG_CACHE_HOME: "/x", NEXTPIXEL_CACHE: "/own" }, "darwin", "/own"],
] as const)("the cache with %j on %s is %s", (environment, platform, folder) => {
  expect(cacheFolder(environment, platform)).toBe(folder);
});

test("the environment says what options leave open", () => {
  const environment = {
    NEXTPIXEL_MIRROR: "http://mirror.test/sets//",
    HF_ENDPOINT: "https://hub.test/",
    HF_TOKEN: "hf_x",
    NEXTPIXEL_CACHE: "/c",
  };
  expect(fetchSettings({}, environment)).toMatchObject({
    cache: "/c",
    mirror: "http://mirror.test/sets",
    hub: "https://hub.test",
    hubToken: "hf_x",
  });
  expect(
    fetchSettings({ mirror: "https://own.test", hub: "http://own.test", cache: "d" }, environment),
  ).toMatchObject({
    cache: "d",
    mirror: "https://own.test",
    hub: "http://own.test",
  });
  expect(fetchSettings({}, {})).toMatchObject({
    mirror: undefined,
    hub: "https://huggingface.co",
    hubToken: undefined,
  });
});

test.each(["ftp://x.test", "mirror.test", "/srv/mirror", "https://", "file:///x"])(
  "%j is no mirror",
  (mirror) => {
    expect(() => fetchSettings({ mirror }, {})).toThrow(
      `expected a URL that begins with https:// or http:// for the mirror (NEXTPIXEL_MIRROR), received "${mirror}"`,
    );
  },
);
