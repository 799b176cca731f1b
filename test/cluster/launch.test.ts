import { expect, test } from "vitest";
import { launchOf } from "../../src/cluster/launch.ts";

test("what launchers tell is read", () => {
  const openMpi = { OMPI_COMM_WORLD_RANK: "3", OMPI_COMM_WORLD_SIZE: "8", OMPI_COMM_WORLD_LOCAL_SIZE: "4" };
  expect(launchOf(openMpi)).toEqual({ kind: "Open MPI", rank: 3, size: 8, onThisMachine: 4 });
  const mpich = { PMI_RANK: "0", PMI_SIZE: "2" };
  expect(launchOf(mpich)).toEqual({ kind: "MPICH", rank: 0, size: 2, onThisMachine: undefined });
});

test.each([
  {},
  { OMPI_COMM_WORLD_SIZE: "2" },
  { OMPI_COMM_WORLD_RANK: "2", OMPI_COMM_WORLD_SIZE: "2" },
  { PMI_RANK: "one", PMI_SIZE: "2" },
])("a process that was started alone is told from one of several: %o", (environment) => {
  expect(launchOf(environment)).toBeUndefined();
});
