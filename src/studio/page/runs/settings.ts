/** Which axes of the curves are logarithmic. */
export const LOGARITHMIC = ["none", "step", "value", "both"] as const;

/** What the address of the page keeps of the view Runs. */
export interface RunsSettings {
  /** The run that is told about in detail; the first of the list if there is none of that name. */
  readonly run: string;
  /** Runs whose curves are shown beside it: their names, which have no slashes, with slashes between. */
  readonly beside: string;
  /** How much of the smoothed curve the next point leaves as it was, in percent. */
  readonly smoothing: number;
  readonly logarithmic: (typeof LOGARITHMIC)[number];
  /** First and last step that curves are shown of, such as "100-200"; all if it is empty. */
  readonly zoom: string;
}

/** What the page hands to the view Runs. */
export interface RunsContext {
  readonly token: string;
  readonly settings: RunsSettings;
  /** Asks the page to change settings. A page of its own in the browser's history is for another run. */
  change(part: Partial<RunsSettings>, options?: { readonly isNewPage?: boolean }): void;
}

/** The view on the page. */
export interface MountedRuns {
  /** Shows other settings. */
  show(settings: RunsSettings): void;
  unmount(): void;
}
