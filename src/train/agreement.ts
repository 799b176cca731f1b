import { createHash } from "node:crypto";
import { NextpixelError, shown } from "../basics/errors.ts";
import { pictureLength, type Dataset } from "../data/dataset.ts";
import type { Communicator } from "../programs/communicator.ts";
import type { RunConfig } from "../run/config.ts";
import { fieldsOf } from "./resumed-request.ts";
import type { RequestPictures } from "./pictures.ts";

/** Sub-pixels of a data set that are compared: of a larger one, pictures at equal distances. */
const COMPARED = 2 ** 28;
const READ_AT_ONCE = 256;

/**
 * Checks that all processes have the same version, the same configuration and the same pictures, and that there is a
 * share of the batch for each.
 *
 * @throws CLUSTER, on all processes, that names what differs and where; as `Dataset.read` and `allGather`
 */
export async function checkAgreement(
  world: Communicator,
  config: RunConfig,
  { train, valid }: RequestPictures,
): Promise<void> {
  const { shares = 1 } = config.training;
  if (shares < world.size)
    throw new NextpixelError(
      "CLUSTER",
      `expected at least ${world.size} shares for as many ranks, received ${shares}`,
      { about: ["shares"] },
    );
  const hashes = { training: await hashOf(train), validation: await hashOf(valid) };
  const own = new TextEncoder().encode(JSON.stringify({ ...config, "hash of the pictures": hashes }));
  const [first, ...others] = (await world.allGather(own)).map((bytes) =>
    fieldsOf(JSON.parse(new TextDecoder().decode(bytes))),
  );
  for (const [i, other] of others.entries())
    for (const key of new Set([...first!.keys(), ...other.keys()])) {
      const [wanted, received] = [first!.get(key), other.get(key)];
      if (wanted === received) continue;
      throw new NextpixelError(
        "CLUSTER",
        `expected the same ${key} on all ranks, received ${shown(wanted)} on ${world.nameOf(0)} and ` +
          `${shown(received)} on ${world.nameOf(1 + i)}`,
      );
    }
}

/** A hash of the pictures of a data set, and of their classes. */
async function hashOf(pictures: Dataset): Promise<string> {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([pictures.classNames]));
  if (pictures.labels) hash.update(pictures.labels);
  const step = Math.ceil((pictures.count * pictureLength(pictures.size)) / COMPARED);
  for (let first = 0; first < pictures.count; first += step * READ_AT_ONCE) {
    const count = Math.min(READ_AT_ONCE, Math.ceil((pictures.count - first) / step));
    hash.update(await pictures.read(Array.from({ length: count }, (_, i) => first + i * step)));
  }
  return hash.digest("hex").slice(0, 16);
}
