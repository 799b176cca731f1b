import { setTimeout as wait } from "node:timers/promises";
import { NextpixelError, shortened, type ErrorCode } from "../basics/errors.ts";
import { systemCode } from "../files/system-error.ts";
import type { FetchSettings } from "./settings.ts";

/** How often in a row a request may bring nothing new before it is given up. */
const ATTEMPTS = 5;

/** A connection that broke, or a server that is busy: the same request may succeed the next time. */
export class Interrupted extends Error {
  /** Milliseconds for which the server wants to be left alone. */
  readonly wanted: number;

  constructor(message: string, wanted = 0) {
    super(message);
    this.wanted = wanted;
  }
}

/** What a request is for, as errors say it. */
interface Purpose {
  readonly code: ErrorCode;
  /** "cannot download" */
  readonly failure: string;
}

export const DOWNLOADING: Purpose = { code: "DOWNLOAD", failure: "cannot download" };
export const UPLOADING: Purpose = { code: "UPLOAD", failure: "cannot send to" };

/** Counts the failures of a request, and waits after each. */
export interface Retries {
  /** Something new has come: what failed before does not count. */
  hasProgressed(): void;
  /** Waits until the request may be made again. @throws what ends it: any error but one that may pass */
  hasFailed(error: unknown): Promise<void>;
  unavailable(reason: string): NextpixelError;
}

/** The retries of a request to a URL: five failures in a row end it. */
export function newRetries(url: string, { code, failure }: Purpose, settings: FetchSettings): Retries {
  const { onEvent, retryDelay, longestDelay } = settings;
  const place = withoutQuery(url);
  let failures = 0;
  const unavailable = (reason: string) =>
    new NextpixelError(code, `${failure} ${place} (${shortened(withoutToken(reason, settings))})`);
  return {
    hasProgressed: () => void (failures = 0),
    async hasFailed(error) {
      const fault = connectionError(error);
      if (typeof fault === "string") throw unavailable(fault);
      if (!(fault instanceof Interrupted)) throw fault;
      const reason = withoutToken(fault.message, settings);
      if (++failures === ATTEMPTS) throw unavailable(reason);
      const delay = Math.min(Math.max(retryDelay * 2 ** (failures - 1), fault.wanted), longestDelay);
      onEvent({ kind: "retry", url: place, reason, delay });
      await wait(delay);
    },
    unavailable,
  };
}

/** The headers with the Hub's token, which only the Hub gets. */
export const tokenFor = (url: string, { hub, hubToken }: FetchSettings): Readonly<Record<string, string>> =>
  hubToken !== undefined && url.startsWith(`${hub}/`) ? { authorization: `Bearer ${hubToken}` } : {};

/** What a server has said, which may repeat what it was sent. */
export const withoutToken = (text: string, { hubToken }: FetchSettings): string =>
  hubToken === undefined ? text : text.replaceAll(hubToken, "***");

/** The same of a text as bytes. */
export const bytesWithoutToken = (bytes: Uint8Array, settings: FetchSettings): Uint8Array =>
  settings.hubToken === undefined || !Buffer.from(bytes).includes(settings.hubToken)
    ? bytes
    : Buffer.from(withoutToken(new TextDecoder().decode(bytes), settings));

/** Addresses of uploads carry a signature that lets anyone write there. */
export const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, "");

/** Throws if an answer says that the server is busy. Returns its status as people read it. */
export function checkBusy({ status, statusText, headers }: Response): string {
  const said = `HTTP ${status} ${statusText}`.trim();
  if ([408, 429].includes(status) || status >= 500)
    throw new Interrupted(said, retryAfter(headers.get("retry-after")));
  return said;
}

/**
 * Milliseconds that a Retry-After header means, seconds or a date (RFC 9110, 10.2.3): 0 if there is none, or another
 * text.
 */
export function retryAfter(header: string | null, now = Date.now()): number {
  const milliseconds = /^\d+$/.test(header ?? "") ? Number(header) * 1000 : Date.parse(header ?? "") - now;
  return Number.isNaN(milliseconds) ? 0 : Math.max(0, milliseconds);
}

/** Connections that broke after they were made. */
const BROKEN = /^(ECONNRESET|EPIPE|ETIMEDOUT|UND_ERR_(SOCKET|HEADERS_TIMEOUT|BODY_TIMEOUT))$/;

/** What a TypeError of `fetch` means, whose cause tells: a reason that will not pass is a text. */
function connectionError(error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  const { message, cause } = error;
  const code = systemCode(cause) ?? "";
  const reason = (cause instanceof Error && cause.message) || code || message;
  return BROKEN.test(code) ? new Interrupted(reason) : reason;
}
