import { expect, test } from "vitest";
import { loadMpi } from "../../src/cluster/library.ts";

test("a library that is not there, or is no MPI, is one line that says what to install", async () => {
  for (const [file, reason] of [
    ["libnone.so", "Failed to load shared library"],
    ["libc.so.6", "Cannot find function 'MPI_Get_library_version'"],
  ]) {
    const failure = await loadMpi(file).catch((cause: unknown) => cause);
    expect(failure).toMatchObject({
      code: "CLUSTER",
      message: expect.stringMatching(
        `^expected an MPI library, received ${file}: ${reason}.*apt-get install -y --no-install-recommends openmpi-bin`,
      ),
    });
  }
});

test("MPI is found, and says what it is", async () => {
  expect((await loadMpi()).version).toMatch(/^(?:Open MPI v|MPICH Version: |Intel\(R\) MPI )\d/);
});
