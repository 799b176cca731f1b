/** Numbers in the memory of a device, where its programs take them from. */
export interface DeviceArray {
  readonly length: number;
  /** The numbers. */
  read(): Promise<Float32Array>;
  /** Frees the memory. The array cannot be used any more. */
  release(): void;
}

/** What programs take and give. */
export type Values = Float32Array | DeviceArray;

/** The numbers, wherever they are. */
export const readValues = async (values: Values): Promise<Float32Array> =>
  values instanceof Float32Array ? values : values.read();

/** Frees what the garbage collector does not know of. */
export function releaseValues(values: Values): void {
  if (!(values instanceof Float32Array)) values.release();
}
