import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { NextpixelError } from "../../basics/errors.ts";
import { checkFolderName } from "../../files/folder-name.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { systemCode, writeError } from "../../files/system-error.ts";
import { TOKEN_PATH } from "../runs-api.ts";
import { publishedFigures } from "../figures.ts";
import { FIGURES_FILE, RUNS_FILE, RUNS_FOLDER, type Extra } from "../site.ts";
import { hasWebRuntime } from "../web-runtime.ts";
import { api, type TrainOptionsForm } from "./api.ts";
import { drawings } from "./drawings.ts";
import { onlyFor, smallBody, withHeaders, writesOnlyFrom } from "./guard.ts";
import { listFirst } from "./list-first.ts";
import { pageFiles } from "./page-files.ts";
import { refusalOf, refused } from "./refusal.ts";
import { openRunList } from "./run-list.ts";
import { siteOfRuns } from "./site-of-runs.ts";
import { newSecret, tokenForTicket, withToken } from "./token.ts";
import { openTrainings } from "./trainings.ts";

export interface StudioOptions {
  /** The folder of the runs; it is made if there is none. */
  readonly root: string;
  /** 0: one that is free. */
  readonly port: number;
  readonly form: TrainOptionsForm;
  /** The command line: what is executed, and its first words. */
  readonly program: readonly [string, ...string[]];
  /** The `report.json` of a comparison, whose figures are shown beside runs of the same names. */
  readonly report?: string | undefined;
}

export interface Studio {
  /** With the token, which lets whoever has it read runs, and start and stop trainings. */
  readonly address: string;
  readonly token: string;
  /**
   * The same with a ticket, which the first page that is opened there exchanges for the token: other users of the
   * machine see the address in the command that opens a browser.
   */
  readonly addressForBrowser: string;
  /** Trainings go on. */
  close(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";

/** Milliseconds that a client has to send a request: one that sends nothing must not be waited for. */
const PATIENCE = 10_000;
/** Far more than browsers open; each takes memory and a file descriptor. */
const MAX_CONNECTIONS = 4096;

/**
 * Serves the page, with the runs of a folder, to this machine alone.
 *
 * @throws ARGUMENT if the folder has the name of a file, or the port is taken; WRITE if the folder cannot be made;
 * NOT_FOUND, FORMAT if the report cannot be read
 */
export async function openStudio({ root, port, form, program, report }: StudioOptions): Promise<Studio> {
  await checkFolderName(root, "the folder of runs", "the name of a folder");
  await makeFolder(root).catch((cause: unknown) => {
    throw writeError(root, cause);
  });
  const figures = report === undefined ? undefined : await publishedFigures(report);
  const token = newSecret();
  const ticket = newSecret();
  const trainings = openTrainings(program);
  const list = openRunList(root, trainings);
  // They are known when the server listens.
  let [host, origin] = ["", ""];

  const app = new Hono();
  app.use(withHeaders);
  app.use(onlyFor(() => host));
  app.use(writesOnlyFrom(() => origin));
  app.use(smallBody);
  app.route(`/${TOKEN_PATH}`, tokenForTicket(ticket, token));
  for (const path of ["/api/*", `/${RUNS_FILE}`, `/${RUNS_FOLDER}/*`, `/${FIGURES_FILE}`])
    app.use(path, withToken(token));
  app.route("/api", api({ root, form, trainings, list }));
  app.route("/api/runs", drawings(root));
  app.route("/", siteOfRuns(root, list, figures));
  const extras: readonly Extra[] = [
    "families",
    ...((await hasWebRuntime()) ? (["train"] as const) : []),
    ...(figures ? (["figures"] as const) : []),
  ];
  app.route("/", await pageFiles(extras));
  app.notFound((context) => refused(context, 404, "there is nothing at this address"));
  app.onError((error, context) => refusalOf(context, error));

  const server = createServer(
    { headersTimeout: PATIENCE, requestTimeout: PATIENCE, connectionsCheckingInterval: PATIENCE / 4 },
    listFirst({
      list,
      host: () => host,
      token,
      app: getRequestListener(app.fetch, { overrideGlobalObjects: false }),
    }),
  );
  server.maxConnections = MAX_CONNECTIONS;
  // Nor must one that does not read its answer be.
  server.setTimeout(PATIENCE);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, LOOPBACK, resolve);
  }).catch((cause: unknown) => {
    if (systemCode(cause) !== "EADDRINUSE" && systemCode(cause) !== "EACCES") throw cause;
    throw new NextpixelError("ARGUMENT", `port ${port} is taken, or not for users: choose another one`, {
      cause,
      about: ["port"],
    });
  });
  ({ host, origin } = new URL(`http://${LOOPBACK}:${(server.address() as AddressInfo).port}`));
  // The first reading takes longest: it begins before anybody asks. Whoever asks is told what is wrong.
  void list().catch(() => undefined);
  return {
    address: `${origin}/?view=runs#token=${token}`,
    addressForBrowser: `${origin}/?view=runs#ticket=${ticket}`,
    token,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
