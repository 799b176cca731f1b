/** Writers of the types of NumPy that tests use. */
const WRITERS: Readonly<
  Record<string, (view: DataView, at: number, value: number, isLittle: boolean) => void>
> = {
  b1: (view, at, value) => view.setUint8(at, value),
  u1: (view, at, value) => view.setUint8(at, value),
  i1: (view, at, value) => view.setInt8(at, value),
  u2: (view, at, value, little) => view.setUint16(at, value, little),
  i4: (view, at, value, little) => view.setInt32(at, value, little),
  i8: (view, at, value, little) => view.setBigInt64(at, BigInt(value), little),
  f4: (view, at, value, little) => view.setFloat32(at, value, little),
  f8: (view, at, value, little) => view.setFloat64(at, value, little),
};

interface NpyOptions {
  /** Byte order, letter and bytes. */
  readonly descr?: string;
  readonly isFortran?: boolean;
  readonly version?: 1 | 2 | 3;
}

/** A `.npy` file of values in the order in which they lie in it, as NumPy would write it. */
export function npyFile(
  shape: readonly number[],
  values: readonly number[],
  { descr = "|u1", isFortran = false, version = 1 }: NpyOptions = {},
): Buffer {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const order = isFortran ? "True" : "False";
  const dictionary = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${tuple}), }`;
  const from = version === 1 ? 10 : 12;
  const header = `${dictionary.padEnd(Math.ceil((from + dictionary.length + 1) / 64) * 64 - from - 1)}\n`;
  const start = Buffer.alloc(from);
  start.write("\x93NUMPY", "latin1");
  start[6] = version;
  if (version === 1) start.writeUInt16LE(header.length, 8);
  else start.writeUInt32LE(header.length, 8);
  const bytesEach = Number(descr[2]);
  const content = Buffer.alloc(values.length * bytesEach);
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  values.forEach((value, i) => WRITERS[descr.slice(1)]!(view, i * bytesEach, value, descr[0] !== ">"));
  return Buffer.concat([start, Buffer.from(header), content]);
}
