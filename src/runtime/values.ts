/** Numbers in the memory of a device, for its programs. */
export interface DeviceArray {
  readonly length: number;
  /** The numbers. */
  read(): Promise<Float32Array>;
  /** Frees the memory. The array cannot be used any more. */
  release(): void;
}

/** Inputs and outputs of programs. */
export type Values = Float32Array | DeviceArray;

/** The numbers, copied from the device if necessary. */
export const readValues = async (values: Values): Promise<Float32Array> =>
  values instanceof Float32Array ? values : values.read();

/** Frees memory that the garbage collector does not manage. */
export function releaseValues(values: Values): void {
  if (!(values instanceof Float32Array)) values.release();
}
