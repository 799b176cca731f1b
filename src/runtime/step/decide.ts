import { Purpose, seedKey } from "../../basics/philox.ts";
import { groupOf } from "../../graph/channel-groups.ts";
import { levelAt, natsOfLevel, type DrawKernel, type Masses } from "../../likelihood/likelihood.ts";
import type { Kernels } from "./kernels.ts";
import { addressAt, aligned } from "./layout.ts";
import type { StepMachine } from "./machine.ts";

/** A sub-pixel of the pictures that are computed together. */
export interface SubPixel {
  readonly row: number;
  readonly col: number;
  readonly channel: number;
}

/** What decisions need of a machine: `StepMachine` has it for pictures that are computed together. */
export interface DecisionMachine extends Pick<
  StepMachine,
  "kernels" | "floats" | "doubles" | "picture" | "logits"
> {
  readonly program: {
    readonly channels: number;
    readonly cols: number;
    readonly logits: { readonly channels: number };
  };
  /** Pictures whose sub-pixels are decided together; or pixels of one, see `DrawOptions`. */
  readonly pictures: number;
}

/**
 * Decides the level of a sub-pixel of every picture as soon as its logits are computed, and writes it to where the
 * network reads it. The level is drawn (`drawn`), or it is known (`given`); a decoder would be a third way.
 */
export type Decide = (at: SubPixel) => void;

/** How the logits define the distribution of a level. */
export interface Distribution<Draw = DrawKernel | Masses> {
  /** The kernel that draws, or what computes the masses of the levels. */
  readonly draw: Draw;
  /** Groups of the logits; see `Likelihood.groups`. */
  readonly groups: number;
  /** Levels 0 .. levels-1 of a sub-pixel. */
  readonly levels: number;
}

/**
 * Addresses of memory beside the machine's fields: a uniform number and the nats of each picture, and a list for a
 * kernel.
 */
export interface DecisionMemory {
  readonly uniforms: number;
  readonly nats: number;
  readonly scratch: number;
  readonly end: number;
}

export function decisionMemory(start: number, pictures: number, levels: number): DecisionMemory {
  const nats = start + aligned(8 * pictures);
  const scratch = nats + aligned(8 * pictures);
  return { uniforms: start, nats, scratch, end: scratch + aligned(4 * levels) };
}

/** Levels that are given: [pictures, channels, rows, cols], of so many rows. */
export function given(
  levels: Uint8Array,
  rows: number,
  { program, pictures, ...machine }: DecisionMachine,
): Decide {
  const { cols, channels } = program;
  return ({ row, col, channel }) => {
    const to = addressAt(machine.picture, row, col) / 4 + channel;
    for (let m = 0; m < pictures; m++) {
      const level = levels[((m * channels + channel) * rows + row) * cols + col]!;
      machine.floats[to + m * (machine.picture.stride / 4)] = level;
    }
  };
}

export interface DrawOptions {
  readonly seed: number;
  readonly temperature: number;
  /** Number of the first picture. */
  readonly first: number;
  /** The machine's pictures are not pictures but all pixels of the first one. */
  readonly arePixels?: boolean;
}

/** Levels that are drawn: the nats of each, at temperature 1, are added up in the memory. */
export function drawn(
  distribution: Distribution,
  options: DrawOptions,
  machine: DecisionMachine,
  memory: DecisionMemory,
): Decide {
  const { kernels, pictures, program } = machine;
  const [low, high] = seedKey(options.seed);
  const [pictureStep, pixelStep] = options.arePixels ? [0, 1] : [1, 0];
  const { draw } = distribution;
  const drawLevels =
    typeof draw === "string"
      ? byKernel({ ...distribution, draw }, options.temperature, machine, memory)
      : fromMasses({ ...distribution, draw }, options.temperature, machine, memory);
  return (at) => {
    const pixel = at.row * program.cols + at.col;
    kernels.pixelUniforms(
      memory.uniforms,
      pictures,
      low,
      high,
      options.first,
      pictureStep,
      pixel,
      pixelStep,
      at.channel,
      Purpose.pixels,
    );
    drawLevels(at);
  };
}

/** Where the logits of a sub-pixel's group start, and how many channels of the group come before it. */
function groupAt({ row, col, channel }: SubPixel, groups: number, { program, logits }: DecisionMachine) {
  const group = groupOf(channel, program.channels, groups);
  return {
    address: addressAt(logits, row, col) + 4 * group * (program.logits.channels / groups),
    earlier: channel - group * (program.channels / groups),
  };
}

function byKernel(
  { draw, groups, levels }: Distribution<DrawKernel>,
  temperature: number,
  machine: DecisionMachine,
  { uniforms, nats, scratch }: DecisionMemory,
): Decide {
  const { kernels, logits, picture, pictures } = machine;
  const drawLevels = KERNELS[draw];
  return (at) => {
    const { address, earlier } = groupAt(at, groups, machine);
    const to = addressAt(picture, at.row, at.col) + 4 * at.channel;
    const operands = [
      address,
      logits.stride,
      uniforms,
      temperature,
      to,
      picture.stride,
      nats,
      pictures,
    ] as const;
    drawLevels(kernels, operands, { levels, earlier, scratch });
  };
}

/** The operands of all kernels that draw; see `src/kernels/draw.ts`. */
type DrawOperands = Readonly<Parameters<Kernels["bernoulli"]>>;

/** Further operands of some of them. */
interface DrawContext {
  readonly levels: number;
  /** Channels of the group that come before the one that is drawn. */
  readonly earlier: number;
  /** Address of room for a float for each level, and three more. */
  readonly scratch: number;
}

const KERNELS: Readonly<
  Record<DrawKernel, (kernels: Kernels, operands: DrawOperands, context: DrawContext) => void>
> = {
  bernoulli: (kernels, operands) => kernels.bernoulli(...operands),
  categorical: (kernels, operands, { levels, scratch }) => kernels.categorical(...operands, levels, scratch),
  logisticMixture: (kernels, operands, { levels, earlier }) =>
    kernels.logisticMixture(...operands, levels, earlier),
};

/** What defines the distribution of a sub-pixel, of one of the pictures that are computed together. */
export interface SubPixelLogits {
  /** Of the sub-pixel's group. */
  readonly logits: Float32Array;
  /** Levels of the channels before it in that group. */
  readonly earlier: Float32Array;
  /** Where its level is among the machine's floats. */
  readonly level: number;
}

/** Reads the logits of sub-pixels, which are there from when they are computed until the next sub-pixel's are. */
export function logitsReader(
  groups: number,
  machine: DecisionMachine,
): (at: SubPixel, m: number) => SubPixelLogits {
  const { floats, logits, picture, program } = machine;
  const logitsOfGroup = program.logits.channels / groups;
  return (at, m) => {
    const { address, earlier } = groupAt(at, groups, machine);
    const from = (address + m * logits.stride) / 4;
    const level = (addressAt(picture, at.row, at.col) + m * picture.stride) / 4 + at.channel;
    return {
      logits: floats.slice(from, from + logitsOfGroup),
      earlier: floats.slice(level - earlier, level),
      level,
    };
  };
}

function fromMasses(
  { draw: massesOf, groups }: Distribution<Masses>,
  temperature: number,
  machine: DecisionMachine,
  { uniforms, nats }: DecisionMemory,
): Decide {
  const { floats, doubles, pictures } = machine;
  const read = logitsReader(groups, machine);
  return (at) => {
    for (let m = 0; m < pictures; m++) {
      const { logits, earlier, level } = read(at, m);
      const masses = massesOf(logits, temperature, earlier);
      const drawnLevel = levelAt(masses, doubles[uniforms / 8 + m]!);
      floats[level] = drawnLevel;
      const plain = temperature === 1 ? masses : massesOf(logits, 1, earlier);
      doubles[nats / 8 + m]! += natsOfLevel(plain, drawnLevel);
    }
  };
}
