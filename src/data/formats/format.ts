import type { FetchOptions } from "../../fetch/settings.ts";
import type { Dataset } from "../dataset.ts";
import type { FolderOptions } from "./picture-files.ts";

/** How a data set is opened. Formats take the options that make sense for them. */
export interface OpenOptions extends FolderOptions {
  /** Levels to quantise to; by default as many as the pictures have, see `openDataset`. */
  readonly levels?: number | undefined;
  /** false: files of labels beside or among the pictures are not read, whatever is in them. They are by default. */
  readonly labels?: boolean | undefined;
  /**
   * Of arrays, the value that is white: 255 for uint8, 65535 for uint16, and 1 for bool if nothing is said; to be said
   * for all others, such as floats from 0 to 1 or from 0 to 255.
   */
  readonly white?: number | undefined;
  /** Of arrays, a letter for each axis, such as "NHWC", where the shape does not tell: see `layoutOf`. */
  readonly layout?: string | undefined;
  /** How files that are not on this machine are downloaded. */
  readonly download?: FetchOptions | undefined;
}

/** One kind of data set. */
export interface Format {
  /** What names of such data sets look like, for help and errors. */
  readonly help: string;
  /** Whether `open` takes `resize`. */
  readonly canResize: boolean;
  /** Whether a name, or what is at a path, is of this format. */
  recognises(name: string): boolean | Promise<boolean>;
  open(name: string, options: OpenOptions): Promise<Dataset>;
  /** The name of the pictures that validate what is trained on those of `name`, if these belong to them. */
  validationOf?(name: string): Promise<string | undefined>;
}
