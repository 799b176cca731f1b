import type { IncomingMessage, OutgoingHttpHeaders, RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import { HEADERS } from "./guard.ts";
import type { SentList } from "./run-list.ts";
import { hasToken } from "./token.ts";

/** As `runs-api.ts` has it. */
const PATH = "/api/runs";

interface ListFirst {
  readonly list: () => Promise<SentList>;
  /** The name and port that requests have to be sent to. */
  readonly host: () => string;
  readonly token: string;
  /** Answers all other requests. */
  readonly app: RequestListener;
}

/**
 * Answers what every page asks for once a second: the list of runs. The app answers the same way, but makes a dozen
 * objects for each request. Only a request that it would not refuse is answered here.
 */
export function listFirst({ list, host, token, app }: ListFirst): RequestListener {
  let made: Made | undefined;
  return async (request, response) => {
    const { method, url, headers } = request;
    const isAllowed =
      method === "GET" && url === PATH && headers.host === host() && hasToken(headers.authorization, token);
    // The app tells what is wrong with the list.
    const found = isAllowed ? await list().catch(() => undefined) : undefined;
    if (found === undefined) return app(request, response);
    if (made?.list !== found) made = make(found);
    if (headers["if-none-match"] === found.tag) response.writeHead(304, made.unchanged).end();
    else {
      const { bytes, headers } = takesGzip(request) ? made.packed : made.plain;
      response.writeHead(200, headers).end(bytes);
    }
  };
}

interface Content {
  readonly bytes: Buffer;
  readonly headers: OutgoingHttpHeaders;
}

/** The answers that are made of a list, once. */
interface Made {
  readonly list: SentList;
  readonly plain: Content;
  /** Names and settings of runs are much alike: a list of many runs becomes 17 times smaller. */
  readonly packed: Content;
  readonly unchanged: OutgoingHttpHeaders;
}

function make(list: SentList): Made {
  const unchanged = { ...HEADERS, ETag: list.tag };
  const content = (bytes: Buffer, encoding: OutgoingHttpHeaders = {}): Content => ({
    bytes,
    headers: {
      ...unchanged,
      ...encoding,
      "Content-Type": "application/json",
      "Content-Length": bytes.length,
    },
  });
  const bytes = Buffer.from(list.json);
  return {
    list,
    plain: content(bytes),
    packed: content(gzipSync(bytes), { "Content-Encoding": "gzip" }),
    unchanged,
  };
}

/** Whether a client takes gzip, as browsers say it: without a weight. */
const takesGzip = ({ headers }: IncomingMessage): boolean =>
  String(headers["accept-encoding"] ?? "")
    .split(/\s*,\s*/)
    .includes("gzip");
