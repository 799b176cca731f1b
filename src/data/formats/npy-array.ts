import { unexpected } from "../../files/unexpected.ts";
import { partOf, type RandomAccess } from "../../files/random-access.ts";

/*
 * The NumPy format, versions 1 to 3: one array in one file.
 *
 *     \x93NUMPY, major and minor version, n: uint16 (version 1) or uint32, n bytes of header, values
 *
 * The header is a Python dictionary such as
 *
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (64, 28, 28), }
 */
const MAGIC = "\x93NUMPY";
const MAX_HEADER = 2 ** 16;
const MAX_RANK = 32;

/** How numbers of a type are kept. */
interface NumberType {
  readonly name: string;
  readonly isWhole: boolean;
  /** The value of white, where only one makes sense. */
  readonly white?: number;
  readonly read: (view: DataView, at: number, isLittle: boolean) => number;
}

/** By the letter and the number of bytes in `descr`. */
const TYPES: Readonly<Record<string, NumberType>> = {
  b1: { name: "bool", isWhole: true, white: 1, read: (view, at) => view.getUint8(at) },
  u1: { name: "uint8", isWhole: true, white: 255, read: (view, at) => view.getUint8(at) },
  u2: {
    name: "uint16",
    isWhole: true,
    white: 65_535,
    read: (view, at, little) => view.getUint16(at, little),
  },
  u4: { name: "uint32", isWhole: true, read: (view, at, little) => view.getUint32(at, little) },
  u8: { name: "uint64", isWhole: true, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  i1: { name: "int8", isWhole: true, read: (view, at) => view.getInt8(at) },
  i2: { name: "int16", isWhole: true, read: (view, at, little) => view.getInt16(at, little) },
  i4: { name: "int32", isWhole: true, read: (view, at, little) => view.getInt32(at, little) },
  i8: { name: "int64", isWhole: true, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  f4: { name: "float32", isWhole: false, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { name: "float64", isWhole: false, read: (view, at, little) => view.getFloat64(at, little) },
};

/** An array of numbers, whose values are read when they are asked for. */
export interface NpyArray {
  /** What errors call it. */
  readonly file: string;
  readonly shape: readonly number[];
  /** The distance of neighbours along each axis, in numbers. */
  readonly strides: readonly number[];
  readonly type: NumberType;
  readonly bytesEach: number;
  readonly isLittle: boolean;
  /** All values, as they lie in the file. */
  readonly values: RandomAccess;
}

/**
 * The array of a `.npy` file, in C or Fortran order, little- or big-endian.
 *
 * @throws FORMAT that names `file` if it is not intact, or has no numbers, or numbers of a type that is not read.
 */
export async function readNpy(source: RandomAccess, file: string): Promise<NpyArray> {
  const start = await source.read(0, 12);
  const [magic, major = 0] = [Buffer.from(start.subarray(0, 6)).toString("latin1"), start[6]];
  if (magic !== MAGIC || start.length < 12 || major < 1 || major > 3)
    throw unexpected(file, "a NumPy array of version 1 to 3", `the beginning ${JSON.stringify(magic)}`);
  const from = major === 1 ? 10 : 12;
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > Math.min(MAX_HEADER, source.size - from))
    throw unexpected(
      file,
      `a header of at most ${Math.min(MAX_HEADER, source.size - from)} bytes`,
      `${length}`,
    );
  const header = Buffer.from(await source.read(from, length)).toString("utf8");
  const { descr, isFortran, shape } = parseHeader(header, file);
  const bytesEach = Number(descr[2]);
  const type = Object.hasOwn(TYPES, descr.slice(1)) ? TYPES[descr.slice(1)] : undefined;
  if (type === undefined || (descr[0] === "|" && bytesEach > 1))
    throw unexpected(file, `numbers of type ${typeNames()}`, `the type ${descr}`);
  const count = shape.reduce((product, extent) => product * extent, 1);
  const [wanted, received] = [count * bytesEach, source.size - from - length];
  if (wanted !== received || count === 0) {
    const fault =
      count === 0 ? "" : wanted > received ? ": it is truncated" : ": there is something after its end";
    throw unexpected(file, `values of the shape ${shapeText(shape)}`, `${received} bytes${fault}`);
  }
  const values = partOf(source, from + length, received);
  const strides = stridesOf(shape, isFortran);
  return { file, shape, strides, type, bytesEach, isLittle: descr[0] !== ">", values };
}

/** As Python writes it. */
export const shapeText = (shape: readonly number[]): string =>
  `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;

const typeNames = (): string =>
  Object.values(TYPES)
    .map(({ name }) => name)
    .join(", ");

const FIELD = /'(\w+)'\s*:\s*('[^']*'|True|False|\([\d\s,]*\))/g;

/** The three entries of the dictionary, in any order. */
function parseHeader(header: string, file: string) {
  const fields = new Map([...header.matchAll(FIELD)].map(([, key = "", value = ""]) => [key, value]));
  const [descr = "", order, tuple] = ["descr", "fortran_order", "shape"].map((key) => fields.get(key));
  const numbers = tuple?.match(/\d+/g) ?? [];
  const shape = numbers.map(Number);
  const isWhole =
    /^\{[\s,]*\}\s*$/.test(header.replaceAll(FIELD, "")) &&
    fields.size === 3 &&
    /^'[<>|=][a-zA-Z]\d'$/.test(descr) &&
    (order === "True" || order === "False") &&
    tuple !== undefined &&
    shape.length <= MAX_RANK &&
    shape.every(Number.isSafeInteger);
  if (!isWhole) throw unexpected(file, "a NumPy header of an array of numbers", header.trim());
  return { descr: descr.slice(1, -1), isFortran: order === "True", shape };
}

/** In C order the last index varies fastest, in Fortran order the first. */
function stridesOf(shape: readonly number[], isFortran: boolean): number[] {
  const strides: number[] = [];
  let stride = 1;
  const axes = shape.map((_, axis) => axis);
  for (const axis of isFortran ? axes : axes.reverse()) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}
