import { expected } from "../basics/errors.ts";

/*
 * The NumPy format, version 1.0: one array in one file.
 *
 *     0                     6       8            10                   10 + n              end
 *     +---------------------+-------+------------+--------------------+-------------------+
 *     | \x93 N  U  M  P  Y  | 01 00 | n: uint16  | header: n bytes    | values            |
 *     +---------------------+-------+------------+--------------------+-------------------+
 *
 *     header  {'descr': '<f4', 'fortran_order': False, 'shape': (64, 1, 28, 28), }    \n
 *
 * - The header is a Python dictionary in ASCII. Spaces and a line break fill it up so that the values start at a
 *   multiple of 64.
 * - '<f4' is a little-endian IEEE 754 binary32, '|u1' a byte without sign; without Fortran order, the last index varies fastest.
 * - The shape of a vector is (n,), that of a single number ().
 */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
const LENGTH_OFFSET = MAGIC.length;
const HEADER_OFFSET = LENGTH_OFFSET + 2;
const ALIGNMENT = 64;
const MAX_RANK = 32;

/** The bytes of a .npy file. @throws ARGUMENT if the shape does not have as many values as there are data. */
export function encodeNpy(data: Float32Array | Uint8Array, shape: readonly number[]): Uint8Array {
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (shape.length > MAX_RANK || !shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw expected("ARGUMENT", `at most ${MAX_RANK} whole numbers`, "shape of an array", shape);
  }
  if (data.length !== size) {
    throw expected("ARGUMENT", `${size} values`, `an array of shape [${shape.join(", ")}]`, data.length);
  }
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const type = data instanceof Uint8Array ? "|u1" : "<f4";
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const start = Math.ceil((HEADER_OFFSET + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = `${dictionary.padEnd(start - HEADER_OFFSET - 1)}\n`;

  const bytes = new Uint8Array(start + data.byteLength);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint16(LENGTH_OFFSET, header.length, true);
  bytes.set(new TextEncoder().encode(header), HEADER_OFFSET);
  // Typed arrays have the byte order of the machine, and every machine that nextpixel runs on is little-endian.
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}
