import { basename } from "node:path";
import type { FetchEvent } from "../fetch/settings.ts";
import { note, StatusLine } from "./output.ts";

/** Shows on stderr what there is to say while pictures are read. */
export const readingDisplay = () => ({
  onWarning: (warning: string) => note(`warning: ${warning}`),
  download: { onEvent: fetchDisplay() },
});

/** Shows on stderr what is fetched: a line for each file, and how far it is in a terminal. */
export function fetchDisplay(): (event: FetchEvent) => void {
  const status = new StatusLine();
  return (event) => {
    switch (event.kind) {
      case "start": {
        const rest = event.received > 0 ? `, ${megabytes(event.received)} of them here` : "";
        return note(`downloading ${event.url} (${megabytes(event.bytes)}${rest}) to ${event.file}`);
      }
      case "progress":
        return status.show(
          `${basename(event.file)}: ${megabytes(event.received)} of ${megabytes(event.bytes)}`,
        );
      case "retry":
        status.clear();
        return note(
          `warning: ${event.url}: ${event.reason}; asking again in ${Math.ceil(event.delay / 1000)} s`,
        );
      case "wait":
        return note(`waiting: ${event.reason}`);
      case "offline":
        return note(`warning: ${event.reason}; using ${event.file}`);
      case "upload":
        return note(`sending ${event.file} (${megabytes(event.bytes)}) to ${event.url}`);
      case "unpack":
        return status.show(`unpacked ${event.pictures} of ${event.of} pictures`);
      case "end":
        return status.clear();
    }
  };
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
