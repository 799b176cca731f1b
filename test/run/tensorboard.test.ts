import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import protobuf from "protobufjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { crc32c } from "../../src/basics/crc32.ts";
import { openEventFile } from "../../src/run/tensorboard.ts";
import { encodePng } from "../../src/pictures/png.ts";
import { temporaryFolder } from "../data/temporary-folder.ts";

const text = (value: string) => new TextEncoder().encode(value);

test.each([
  // RFC 3720, B.4, and the check value of the catalogue of parametrised CRC algorithms.
  [new Uint8Array(32), 0x8a9136aa],
  [new Uint8Array(32).fill(0xff), 0x62a8ab43],
  [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  [text("123456789"), 0xe3069283],
  [new Uint8Array(0), 0],
])("CRC-32C of known bytes", (bytes, crc) => {
  expect(crc32c(bytes)).toBe(crc);
  for (const split of [1, 9, 16]) {
    expect(crc32c(bytes.subarray(split), crc32c(bytes.subarray(0, split)))).toBe(crc);
  }
});

// From tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Event {
    double wall_time = 1;
    int64 step = 2;
    oneof what { string file_version = 3; Summary summary = 5; }
  }
  message Summary {
    message Image { int32 height = 1; int32 width = 2; int32 colorspace = 3; bytes encoded_image_string = 4; }
    message Value { string tag = 1; oneof value { float simple_value = 2; Image image = 4; } }
    repeated Value value = 1;
  }`);
const Event = root.lookupType("Event");

/** The events of a file, by a parser that shares nothing with the writer; checksums are checked. */
function eventsOf(file: Buffer): { [key: string]: unknown }[] {
  const unmasked = (masked: number) => {
    const rotated = (masked - 0xa282ead8) >>> 0;
    return ((rotated >>> 17) | (rotated << 15)) >>> 0;
  };
  const events: { [key: string]: unknown }[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    expect(unmasked(file.readUInt32LE(at + 8))).toBe(crc32c(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(unmasked(file.readUInt32LE(at + 12 + length))).toBe(crc32c(data));
    events.push(Event.toObject(Event.decode(data), { longs: Number, bytes: Array }));
    at += length + 16;
  }
  return events;
}

describe("a file of events", () => {
  let run: string;
  beforeEach(async () => {
    run = await temporaryFolder({});
  });
  afterEach(() => rm(run, { recursive: true, force: true }));

  test("holds what was written, for a parser that knows nothing of us", async () => {
    const started = Date.now() / 1000;
    const events = await openEventFile(run);
    const png = encodePng({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) });
    await events.scalars(10, { "nats/train": 1.5, "learning rate": 0.25 });
    await events.picture(2 ** 33, "samples", { png, width: 2, height: 1, channels: 1 });
    const [name] = await readdir(join(run, "tensorboard"));
    expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\..+/);
    const read = eventsOf(await readFile(join(run, "tensorboard", name!)));
    expect(read).toEqual([
      { wallTime: expect.any(Number), fileVersion: "brain.Event:2" },
      {
        wallTime: expect.any(Number),
        step: 10,
        summary: {
          value: [
            { tag: "nats/train", simpleValue: 1.5 },
            { tag: "learning rate", simpleValue: 0.25 },
          ],
        },
      },
      {
        wallTime: expect.any(Number),
        step: 2 ** 33,
        summary: {
          value: [
            { tag: "samples", image: { height: 1, width: 2, colorspace: 1, encodedImageString: [...png] } },
          ],
        },
      },
    ]);
    for (const { wallTime } of read) {
      expect(wallTime).toBeGreaterThanOrEqual(started);
      expect(wallTime).toBeLessThanOrEqual(Date.now() / 1000);
    }
  });

  test("that cannot be written is a WRITE error", async () => {
    const events = await openEventFile(run);
    await rm(run, { recursive: true });
    await expect(events.scalars(1, { a: 1 })).rejects.toMatchObject({
      code: "WRITE",
      message: expect.stringContaining(events.path),
    });
  });
});
