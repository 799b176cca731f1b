import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { refused } from "./refusal.ts";

// The studio is for whoever sees the address that it has printed. Any page in the same browser can send requests to it,
// and any name server can say that a name of its own is this machine: so neither is trusted for having reached it.

/** Far more than the options of a training take. */
const MAX_BODY_BYTES = 2 ** 16;

/** Headers of all answers, refusals too. */
export const headers: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", "blob:", "data:"],
    connectSrc: ["'self'"],
    workerSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  crossOriginEmbedderPolicy: "require-corp",
  crossOriginOpenerPolicy: "same-origin",
  crossOriginResourcePolicy: "same-origin",
  referrerPolicy: "no-referrer",
  xFrameOptions: "DENY",
  // It is for servers that have a name.
  strictTransportSecurity: false,
});

/** Nothing that was read of the runs stays in the browser's cache. */
export const notStored: MiddlewareHandler = async (context, next) => {
  await next();
  context.header("Cache-Control", "no-store");
};

/** Refuses requests that were sent to another name than the printed one: names of others may lead here. */
export const onlyFor =
  (host: () => string): MiddlewareHandler =>
  async (context, next) =>
    // A request line may name a host of its own, which counts more.
    [context.req.header("host"), new URL(context.req.url).host].every((one) => one === host())
      ? next()
      : refused(context, 403, "this address is not the studio's: open the one that the command has printed");

/** Refuses whatever writes, unless a page of the studio itself has sent it, as JSON. */
export const writesOnlyFrom =
  (origin: () => string): MiddlewareHandler =>
  async (context, next) => {
    const { method } = context.req;
    if (method === "GET" || method === "HEAD") return next();
    if (method !== "POST") return refused(context, 405, "nothing here can be asked for in this way");
    const site = context.req.header("sec-fetch-site") ?? "same-origin";
    if (context.req.header("origin") !== origin() || site !== "same-origin")
      return refused(context, 403, "only the studio's own page may ask for this");
    if (context.req.header("content-type") !== "application/json")
      return refused(context, 415, "expected the content type application/json");
    return next();
  };

/** Refuses large requests before they are read. */
export const smallBody: MiddlewareHandler = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: (context) => refused(context, 413, `expected at most ${MAX_BODY_BYTES} bytes`),
});
