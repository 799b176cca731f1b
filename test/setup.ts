import { afterAll } from "vitest";
import { removeTemporaryFolders } from "./data/temporary-folder.ts";
import { stopServers } from "./fetch/server.ts";

// Hooks of modules that test files share would be those of the first file alone. This one is executed for each.
afterAll(async () => {
  await stopServers();
  await removeTemporaryFolders();
});
