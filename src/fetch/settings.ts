import { homedir } from "node:os";
import { join } from "node:path";
import { expected } from "../basics/errors.ts";

/** What happens while files of a data set are downloaded and unpacked. */
export type FetchEvent =
  | {
      readonly kind: "start" | "progress";
      readonly url: string;
      readonly file: string;
      /** Bytes received so far, of `bytes` in all. At the start: those of an earlier download that was interrupted. */
      readonly received: number;
      readonly bytes: number;
    }
  /** `delay`: milliseconds until the server is asked again. */
  | { readonly kind: "retry"; readonly url: string; readonly reason: string; readonly delay: number }
  | { readonly kind: "unpack"; readonly file: string; readonly pictures: number; readonly of: number }
  /** The end of what began with `file`, successful or not. */
  | { readonly kind: "end"; readonly file: string };

/** Where files are downloaded from, and where they are kept. */
export interface FetchOptions {
  /** Folder to keep them in; by default that of `cacheFolder`. */
  readonly cache?: string | undefined;
  /** URL of a copy of the cache folder, used instead of the publishers; by default NEXTPIXEL_MIRROR. */
  readonly mirror?: string | undefined;
  /** URL of the Hugging Face Hub or of a copy; by default HF_ENDPOINT, or else https://huggingface.co. */
  readonly hub?: string | undefined;
  /** Access token of the Hub, for data sets that are not public; by default HF_TOKEN. */
  readonly hubToken?: string | undefined;
  /** Called with every event. */
  readonly onEvent?: ((event: FetchEvent) => void) | undefined;
  /** Milliseconds without a byte after which a connection is given up; by default 30,000. */
  readonly stallTimeout?: number | undefined;
  /** Milliseconds before a server is asked again, doubled after each failure. By default 1,000. */
  readonly retryDelay?: number | undefined;
  /**
   * Longest wait before a server is asked again, in milliseconds, whatever its Retry-After header says. By default
   * 300,000.
   */
  readonly longestDelay?: number | undefined;
}

/** Options with every default filled in. */
export type FetchSettings = {
  readonly [Option in keyof FetchOptions]-?: Option extends "mirror" | "hubToken"
    ? FetchOptions[Option]
    : NonNullable<FetchOptions[Option]>;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Options with every default filled in.
 *
 * @throws ARGUMENT if a URL is not valid.
 */
export function fetchSettings(
  options: FetchOptions = {},
  environment: Environment = process.env,
): FetchSettings {
  const { mirror = given(environment["NEXTPIXEL_MIRROR"]), onEvent = () => undefined } = options;
  return {
    cache: options.cache ?? cacheFolder(environment),
    mirror: mirror === undefined ? undefined : baseUrl(mirror, "the mirror (NEXTPIXEL_MIRROR)"),
    hub: baseUrl(options.hub ?? given(environment["HF_ENDPOINT"]) ?? HUB, "the Hub (HF_ENDPOINT)"),
    hubToken: given(options.hubToken ?? environment["HF_TOKEN"]),
    onEvent,
    stallTimeout: options.stallTimeout ?? 30_000,
    retryDelay: options.retryDelay ?? 1000,
    longestDelay: options.longestDelay ?? 300_000,
  };
}

const HUB = "https://huggingface.co";

/**
 * The folder for downloaded data sets: NEXTPIXEL_CACHE, or `nextpixel` under XDG_CACHE_HOME, or else the system's
 * folder for caches: ~/.cache, ~/Library/Caches on macOS, %LOCALAPPDATA% on Windows.
 */
export function cacheFolder(
  environment: Environment = process.env,
  platform: string = process.platform,
): string {
  const own = given(environment["NEXTPIXEL_CACHE"]);
  if (own !== undefined) return own;
  const systems = given(environment["XDG_CACHE_HOME"]);
  if (systems !== undefined) return join(systems, "nextpixel");
  if (platform === "win32") {
    return join(
      given(environment["LOCALAPPDATA"]) ?? join(homedir(), "AppData", "Local"),
      "nextpixel",
      "Cache",
    );
  }
  return join(homedir(), platform === "darwin" ? "Library/Caches" : ".cache", "nextpixel");
}

/** An empty variable is one that is not set. */
const given = (value: string | undefined): string | undefined => (value === "" ? undefined : value);

/** A URL without slashes at its end. */
function baseUrl(text: string, name: string): string {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text.replace(/\/+$/, "");
  throw expected("ARGUMENT", "a URL that begins with https:// or http://", name, text);
}
