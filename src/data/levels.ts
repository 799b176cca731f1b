export interface LevelOptions {
  /** Levels to quantise to; by default as many as the pictures have, see `countLevels`. */
  readonly levels?: number | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

const ALL = 256;
/** Levels of grey pictures with 1, 2 and 4 bits. */
const FEWER = [2, 4, 16];

/** Whether 8-bit values have only this number of levels, so that `quantise` loses nothing. */
export function haveLevels(values: Uint8Array, levels: number): boolean {
  if (levels === ALL) return true;
  const step = 255 / (levels - 1);
  return values.every((value) => value % step === 0);
}

/** Finds the number of levels of pictures that are added one after the other. */
export interface LevelCounter {
  /** Adds a picture of 8-bit values. False if the pictures so far are known to have 256 levels. */
  add(values: Uint8Array): boolean;
  /** 2, 4 or 16 if this loses nothing, and if both black and white occur; else 256. */
  levels(): number;
}

export function countLevels(): LevelCounter {
  let [levels, hasBlack, hasWhite] = [FEWER[0], false, false];
  return {
    add(values) {
      levels = FEWER.find((fewer) => levels !== undefined && fewer >= levels && haveLevels(values, fewer));
      hasBlack ||= values.includes(0);
      hasWhite ||= values.includes(255);
      return levels !== undefined;
    },
    levels: () => (hasBlack && hasWhite ? levels : undefined) ?? ALL,
  };
}

/** Warns that a data set has fewer levels than 256. */
export function warnOfLevels(name: string, levels: number, onWarning: LevelOptions["onWarning"]): void {
  if (levels < ALL) onWarning?.(`${name}: its pictures have ${levels} levels, and are read with as many`);
}
