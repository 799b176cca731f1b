import { Option, type Command } from "commander";
import { NextpixelError } from "../basics/errors.ts";
import { writeAtomically } from "../files/atomic-write.ts";
import type { SavedModel } from "../run/saved-model.ts";
import type { JoinedParts } from "../tasks/joined-parts.ts";
import { encodePart, type PartFile } from "../tasks/part-file.ts";
import { MAX_PARTS, modelHash, type PartOfWork } from "../tasks/part-of-work.ts";
import { version } from "../version.ts";
import * as read from "./arguments.ts";

export interface PartFlags {
  readonly part?: PartOfWork;
}

/** How the parts of a task become the result of the whole: what is to be told of it. */
export type Merge = (
  joined: JoinedParts,
  out: string | undefined,
) => Promise<{ readonly json: object; readonly text: string }>;

/** Adds the choice of one part of the pictures. */
export const withPart = (command: Command, out: string): Command =>
  command.addOption(
    new Option(
      "--part <i/n>",
      `only the i-th of n parts of the pictures, into a file named after ${out}, for merge; auto: as Slurm or MPI ` +
        "say, auto/n: as GNU parallel says",
    ).argParser((text) => partOf(text)),
  );

type Environment = Readonly<Record<string, string | undefined>>;

/** Which of how many processes this is, the first being 1, as far as the variables of a job tell. */
interface Told {
  readonly index?: number | undefined;
  readonly of?: number | undefined;
}

const JOBS: Readonly<Record<string, (environment: Environment) => Told>> = {
  "a Slurm array": slurmArray,
  "Open MPI": (all) => ranked(all["OMPI_COMM_WORLD_RANK"], all["OMPI_COMM_WORLD_SIZE"]),
  MPICH: (all) => ranked(all["PMI_RANK"], all["PMI_SIZE"]),
  "GNU parallel": (all) => ({ index: numberIn(all["PARALLEL_SEQ"]) }),
};

function slurmArray(all: Environment): Told {
  const [id, min, max, of] = ["ID", "MIN", "MAX", "COUNT"].map((name) =>
    numberIn(all[`SLURM_ARRAY_TASK_${name}`]),
  );
  if (id === undefined) return {};
  const step = of === 1 ? 1 : (max! - min!) / (of! - 1);
  const index = (id - min!) / step + 1;
  if (Number.isInteger(step) && Number.isInteger(index)) return { index, of };
  throw unknown("an array with equal steps between its numbers", "another one of Slurm");
}

const numberIn = (text: string | undefined) =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;

function ranked(rank: string | undefined, size: string | undefined): Told {
  const [index, of] = [numberIn(rank), numberIn(size)];
  return index === undefined || of === undefined ? {} : { index: index + 1, of };
}

/**
 * The part that a text names: `2/4`, or `auto`, the one that the job which this process belongs to tells; `auto/4` says
 * of how many.
 *
 * @throws ARGUMENT if it names none, or if the environment does not tell, or tells two
 */
export function partOf(text: string, environment: Environment = process.env): PartOfWork {
  const [, first = "", count] = /^(auto|\d{1,9})(?:\/(\d{1,9}))?$/.exec(text) ?? [];
  const asked = count === undefined ? undefined : read.whole("--part", 1, MAX_PARTS)(count);
  if (first === "" || (first !== "auto" && asked === undefined))
    throw unknown("i/n, such as 2/4, or auto or auto/n", JSON.stringify(text));
  if (first !== "auto") return { index: read.whole("--part", 1, asked)(first), of: asked! };
  const jobs = Object.entries(JOBS).flatMap(([name, tell]) => {
    const told = tell(environment);
    return told.index === undefined ? [] : [{ name, index: told.index, of: told.of }];
  });
  // Slurm starts a job of an array as one process of MPI.
  const shared = jobs.filter(({ of }) => of !== 1);
  const [job, other] = shared.length > 0 ? shared : jobs;
  if (!job) throw unknown(`a job of ${Object.keys(JOBS).join(", ")}`, "none: its variables are not set");
  if (other) throw unknown("one job", `${job.name} and ${other.name}: name the part as i/n`);
  if (job.of === undefined && asked === undefined)
    throw unknown("auto/n", `auto from ${job.name}, which does not tell the number of jobs`);
  if (job.of !== undefined && asked !== undefined && job.of !== asked)
    throw unknown(`auto/${job.of}, as ${job.name} says,`, `auto/${asked}`);
  const of = job.of ?? asked!;
  if (job.index < 1 || job.index > of)
    throw unknown(`a number from 1 to ${of}`, `${job.index} from ${job.name}`);
  return { index: job.index, of };
}

const unknown = (what: string, received: string) =>
  new NextpixelError("ARGUMENT", `expected ${what} for --part, received ${received}`);

/** Where the part of what would be written to `out` goes. */
export const partFileOf = (out: string, { index, of }: PartOfWork): string =>
  `${out}.part-${String(index).padStart(String(of).length, "0")}-of-${of}`;

interface ComputedPart extends PartFile {
  readonly task: string;
}

/** Writes what a part of a task has computed with a model, and returns what is to be told of it. @throws WRITE */
export async function savePart(model: SavedModel, out: string, { task, about, ...rest }: ComputedPart) {
  const { part, first, count } = rest;
  const file = partFileOf(out, part);
  const work = { task, nextpixel: version, model: modelHash(model), ...about };
  await writeAtomically(file, encodePart({ about: work, ...rest }));
  const { index, of } = part;
  return {
    json: { part: `${index}/${of}`, first, pictures: count, file },
    text: `part ${index} of ${of}: pictures ${first} to ${first + count - 1}: ${file}`,
  };
}
