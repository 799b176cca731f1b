export interface LevelOptions {
  /** Levels to quantise to; by default as many as the pictures have: see `levelsOf`. */
  readonly levels?: number | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

const ALL = 256;
/** What grey pictures of 1, 2 and 4 bits have. */
const FEWER = [2, 4, 16];

/** Whether 8-bit values are those of so many levels, so that `quantise` loses nothing. */
export function haveLevels(values: Uint8Array, levels: number): boolean {
  if (levels === ALL) return true;
  const step = 255 / (levels - 1);
  return values.every((value) => value % step === 0);
}

/** Finds out how many levels pictures have that are seen one after the other. */
export interface LevelCounter {
  /** Whether the pictures so far may still have less than 256 levels, this one of 8-bit values included. */
  add(values: Uint8Array): boolean;
  /** 2, 4 or 16, the fewest that lose nothing, if there are both black and white among the values; else 256. */
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

/** Says that a data set has another number of levels than pictures usually have. */
export function warnOfLevels(name: string, levels: number, onWarning: LevelOptions["onWarning"]): void {
  if (levels < ALL) onWarning?.(`${name}: its pictures have ${levels} levels, and are read with as many`);
}
