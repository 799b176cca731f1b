import { appendFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { crc32c } from "../basics/crc32.ts";
import { ProtobufWriter } from "../basics/protobuf.ts";
import { makeFolder } from "../files/make-folder.ts";
import { writeError } from "../files/system-error.ts";
import { TENSORBOARD } from "./run-folder.ts";

// What TensorBoard reads: a file of records, each an Event (tensorflow/core/util/event.proto). The fields in use:
//
//     Event    wall_time = 1 (double)  step = 2  file_version = 3  summary = 5
//     Summary  value = 1               Value  tag = 1  simple_value = 2 (float)  image = 4
//     Image    height = 1  width = 2  colorspace = 3 (channels)  encoded_image_string = 4

/** A picture for TensorBoard. */
export interface PngPicture {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

export interface EventFile {
  readonly path: string;
  /** Appends numbers of a step. @throws WRITE */
  scalars(step: number, values: Readonly<Record<string, number>>): Promise<void>;
  /** Appends a picture of a step. @throws WRITE */
  picture(step: number, tag: string, picture: PngPicture): Promise<void>;
}

/**
 * Begins an event file for TensorBoard, in `tensorboard/` of a run. A run that is resumed has several. TensorBoard
 * reads them in the order of their names; where two have the same step, the later one counts.
 *
 * @throws WRITE
 */
export async function openEventFile(run: string): Promise<EventFile> {
  const folder = join(run, TENSORBOARD);
  const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0");
  const path = join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}`);
  const append = async (write: (event: ProtobufWriter) => void) => {
    const event = new ProtobufWriter().double(1, Date.now() / 1000);
    write(event);
    await appendFile(path, record(event.finish())).catch((cause: unknown) => {
      throw writeError(path, cause);
    });
  };
  await makeFolder(folder).catch((cause: unknown) => {
    throw writeError(folder, cause);
  });
  await append((event) => event.text(3, "brain.Event:2"));
  return {
    path,
    scalars: (step, values) =>
      append((event) =>
        event.varint(2, step).message(5, (summary) => {
          for (const [tag, value] of Object.entries(values))
            summary.message(1, (entry) => entry.text(1, tag).float(2, value));
        }),
      ),
    picture: (step, tag, { png, width, height, channels }) =>
      append((event) =>
        event
          .varint(2, step)
          .message(5, (summary) =>
            summary.message(1, (entry) =>
              entry
                .text(1, tag)
                .message(4, (image) =>
                  image.varint(1, height).varint(2, width).varint(3, channels).bytes(4, png),
                ),
            ),
          ),
      ),
  };
}

/** A record: length (8 bytes), its checksum (4), data, its checksum (4). All numbers have their lowest byte first. */
function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return bytes;
}

/** Checksums of data that hold checksums are masked, for which this rotation and number are prescribed. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0;
