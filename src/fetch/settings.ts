import { homedir } from "node:os";
import { join } from "node:path";
import { expected, NextpixelError } from "../basics/errors.ts";

/** What happens while files are downloaded, unpacked and uploaded. */
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
  /** Another process makes the same file: it is waited for. */
  | { readonly kind: "wait"; readonly file: string; readonly reason: string }
  /** The Hub cannot be reached: what a name meant the last time is used. */
  | { readonly kind: "offline"; readonly file: string; readonly reason: string }
  | { readonly kind: "upload"; readonly url: string; readonly file: string; readonly bytes: number }
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
  /** Access token of the Hub, for what is not public, and to publish; by default HF_TOKEN. */
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

/** Variables of a process. Its own type is Node's, which users of the library may not have. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Options with every default filled in. */
export type FetchSettings = Readonly<ReturnType<typeof fetchSettings>>;

/**
 * Options with every default filled in. A variable of the environment that is empty counts as one that is not set.
 *
 * @throws ARGUMENT if a URL is not valid, or the token cannot be one.
 */
export function fetchSettings(options: FetchOptions = {}, environment: Environment = process.env) {
  const { NEXTPIXEL_MIRROR, HF_ENDPOINT, HF_TOKEN } = environment;
  const mirror = options.mirror ?? (NEXTPIXEL_MIRROR || undefined);
  return {
    cache: options.cache ?? cacheFolder(environment),
    mirror: mirror === undefined ? undefined : baseUrl(mirror, "the mirror (NEXTPIXEL_MIRROR)"),
    hub: baseUrl(options.hub ?? (HF_ENDPOINT || "https://huggingface.co"), "the Hub (HF_ENDPOINT)"),
    hubToken: checkedToken((options.hubToken ?? HF_TOKEN)?.trim() || undefined),
    onEvent: options.onEvent ?? (() => undefined),
    stallTimeout: options.stallTimeout ?? 30_000,
    retryDelay: options.retryDelay ?? 1000,
    longestDelay: options.longestDelay ?? 300_000,
  };
}

/**
 * The folder for downloaded data sets and models: NEXTPIXEL_CACHE, or `nextpixel` under XDG_CACHE_HOME, or else the system's
 * folder for caches: ~/.cache, ~/Library/Caches on macOS, %LOCALAPPDATA% on Windows.
 */
export function cacheFolder(
  environment: Environment = process.env,
  platform: string = process.platform,
): string {
  const { NEXTPIXEL_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = environment;
  if (NEXTPIXEL_CACHE) return NEXTPIXEL_CACHE;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "nextpixel");
  if (platform === "darwin") return join(homedir(), "Library/Caches/nextpixel");
  if (platform !== "win32") return join(homedir(), ".cache/nextpixel");
  return join(LOCALAPPDATA || join(homedir(), "AppData/Local"), "nextpixel/Cache");
}

/** Refuses what cannot stand in a header: the error of `fetch` would show it. */
function checkedToken(token: string | undefined): string | undefined {
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
  const message = "expected ASCII characters without spaces for the Hub's token (HF_TOKEN), received others";
  throw new NextpixelError("ARGUMENT", message);
}

/** A URL without slashes at its end. */
function baseUrl(text: string, name: string): string {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text.replace(/\/+$/, "");
  throw expected("ARGUMENT", "a URL that begins with https:// or http://", name, text);
}
