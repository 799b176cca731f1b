import { execSync } from "node:child_process";

/** Builds dist/ once per test run, so that the command line under test is that of the sources. */
export default function setup(): void {
  execSync("npm run -s build", { cwd: new URL("../..", import.meta.url), stdio: "inherit" });
}
