/** What the launcher of MPI processes, such as mpirun, has told this one. */
export interface Launch {
  /** The number of this process. */
  readonly rank: number;
  readonly size: number;
  /** Processes on this machine; undefined if that is not told. */
  readonly onThisMachine: number | undefined;
  readonly kind: "Open MPI" | "MPICH";
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of each launcher: Open MPI's mpirun, and Hydra, the mpirun of MPICH and Intel MPI. */
const LAUNCHERS = [
  {
    kind: "Open MPI",
    rank: "OMPI_COMM_WORLD_RANK",
    size: "OMPI_COMM_WORLD_SIZE",
    onThisMachine: "OMPI_COMM_WORLD_LOCAL_SIZE",
  },
  { kind: "MPICH", rank: "PMI_RANK", size: "PMI_SIZE", onThisMachine: "MPI_LOCALNRANKS" },
] as const;

/** How this process was launched; undefined if it was started alone. */
export function launchOf(environment: Environment): Launch | undefined {
  const numberIn = (name: string) => {
    const text = environment[name];
    return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  };
  for (const { kind, ...names } of LAUNCHERS) {
    const [rank, size] = [numberIn(names.rank), numberIn(names.size)];
    if (rank === undefined || size === undefined || rank >= size) continue;
    return { rank, size, onThisMachine: numberIn(names.onThisMachine), kind };
  }
  return undefined;
}
