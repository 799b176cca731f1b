import { crc32c } from "../basics/crc32.ts";
import { NextpixelError } from "../basics/errors.ts";
import type { Communicator } from "./communicator.ts";
import { divided, lengthOf, subtreesOf, type Range } from "./shares.ts";

// How the shares of a batch are spread over processes, and what these tell each other at each step.

/** What shares give. */
export interface ShareResults<Vector> {
  /** Gradients of shares, or sums of them. */
  readonly gradients: readonly Vector[];
  /** For each share its loss and figures. */
  readonly numbers: readonly (readonly number[])[];
}

/** How shares are spread over processes. */
export interface Spread {
  readonly world: Communicator;
  /** The shares that each process computes, and the sums of their gradients that it sends. */
  readonly blocks: readonly Range[];
  readonly sums: readonly (readonly Range[])[];
}

/** So many shares on all processes of `world`, of which there are not more. */
export function spreadOver(world: Communicator, shares: number): Spread {
  const blocks = divided(shares, world.size);
  return { world, blocks, sums: blocks.map((block) => subtreesOf(block, shares)) };
}

/**
 * What all processes have computed, from what this one has. With it travels a checksum of the weights from which each
 * has computed it: programs give other bits on processors of another kind.
 *
 * @throws CLUSTER if weights differ; as `allGather`
 */
export async function exchangeShares(
  { world, blocks, sums }: Spread,
  own: ShareResults<Float32Array>,
  { weights, step }: { readonly weights: Float32Array; readonly step: number },
): Promise<ShareResults<Float32Array>> {
  const { length } = weights;
  const perShare = own.numbers[0]!.length;
  const message = new Float32Array(1 + own.gradients.length * length + own.numbers.length * perShare);
  new Uint32Array(message.buffer)[0] = crc32c(bytesOf(weights));
  let end = 1;
  for (const values of [...own.gradients, ...own.numbers]) {
    message.set(values, end);
    end += values.length;
  }
  const received = await world.allGather(bytesOf(message));
  const checksums = received.map(({ buffer, byteOffset }) => new Uint32Array(buffer, byteOffset, 1)[0]!);
  const other = checksums.findIndex((checksum) => checksum !== checksums[0]);
  if (other !== -1)
    throw new NextpixelError(
      "CLUSTER",
      `expected the weights of rank 0 before step ${step}, received others on ${world.nameOf(other)}: all ranks need ` +
        "processors of the same kind",
    );
  const gradients: Float32Array[] = [];
  const numbers: number[][] = [];
  for (const [rank, { buffer, byteOffset, byteLength }] of received.entries()) {
    const values = new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
    let start = 1;
    const take = (count: number) => values.subarray(start, (start += count));
    for (let i = 0; i < sums[rank]!.length; i++) gradients.push(take(length));
    for (let i = 0; i < lengthOf(blocks[rank]!); i++) numbers.push([...take(perShare)]);
  }
  return { gradients, numbers };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);
