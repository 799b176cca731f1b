import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { refused } from "./refusal.ts";

// The studio is for whoever sees the address that it has printed. Any page in the same browser can send requests to it,
// and any name server can say that a name of its own is this machine: so neither is trusted for having reached it.

/** Far more than the options of a training take. */
const MAX_BODY_BYTES = 2 ** 16;

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/**
 * Headers of all answers, refusals too. Nothing that was read of the runs stays in the browser's cache.
 * Strict-Transport-Security is not among them: it is for servers that have a name.
 */
export const HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": CONTENT_SECURITY_POLICY.join("; "),
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Origin-Agent-Cluster": "?1",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-DNS-Prefetch-Control": "off",
  "X-Download-Options": "noopen",
  "X-Frame-Options": "DENY",
  "X-Permitted-Cross-Domain-Policies": "none",
  "X-XSS-Protection": "0",
} as const;

/** Gives them to the app's answers. */
export const withHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
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
