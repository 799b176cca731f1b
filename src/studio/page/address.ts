import { LOGARITHMIC, type RunsSettings } from "./runs/settings.ts";

/** The views of the page; only that of a local studio has runs. */
export const VIEWS = ["runs", "watch", "grid", "complete", "score", "inside", "train", "families"] as const;
export type View = (typeof VIEWS)[number];

/** Pixels a second, from slow to all at once. */
export const SPEEDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, Infinity] as const;

/** When the layers of a network are computed: pixel by pixel, or each for the whole picture. */
export const ORDERS = ["drawing", "training"] as const;

/** What the address of the page keeps: a link with it shows the same. */
export interface Address extends RunsSettings {
  readonly view: View;
  /** Folder of a run; the first one of the site if it has none of that name. */
  readonly run: string;
  readonly seed: number;
  /** Number of the picture, of those of the seed. */
  readonly picture: number;
  readonly temperature: number;
  /** Undefined: classes in turn, by the number of the picture. */
  readonly class: string | undefined;
  /** Which of `SPEEDS`; undefined: by the number of pixels. */
  readonly speed: number | undefined;
  /** The pixel at which drawing has been stopped, in the order in which they are drawn. */
  readonly pixel: number | undefined;
  /** Whether the current pixel's receptive field is shown. */
  readonly field: boolean;
  /** The layer of the network that is shown large, by its name; the first one if there is none of that name. */
  readonly layer: string;
  readonly order: (typeof ORDERS)[number];
  /** The number of the moment that is shown, of those of the order; undefined: one in the middle. */
  readonly moment: number | undefined;
}

/** The settings in the query of an address. What is not there, or makes no sense, is as by default. */
export function readAddress(query: string): Address {
  const values = new URLSearchParams(query);
  const whole = (name: string, largest: number) => {
    const text = values.get(name) ?? "";
    return /^\d{1,16}$/.test(text) && Number(text) <= largest ? Number(text) : undefined;
  };
  const temperature = Number(values.get("temperature") ?? "");
  return {
    view: VIEWS.find((view) => view === values.get("view")) ?? "watch",
    run: values.get("run") ?? "",
    seed: whole("seed", Number.MAX_SAFE_INTEGER) ?? 0,
    picture: whole("picture", 2 ** 32 - 1) ?? 0,
    temperature: temperature >= 1e-6 && temperature <= 1e6 ? temperature : 1,
    class: values.get("class") ?? undefined,
    speed: whole("speed", SPEEDS.length - 1),
    pixel: whole("pixel", 2 ** 24),
    field: values.get("field") === "1",
    layer: values.get("layer") ?? "",
    order: ORDERS.find((order) => order === values.get("order")) ?? "drawing",
    moment: whole("moment", Number.MAX_SAFE_INTEGER),
    beside: values.get("beside") ?? "",
    smoothing: whole("smoothing", 99) ?? 0,
    logarithmic: LOGARITHMIC.find((axes) => axes === values.get("logarithmic")) ?? "none",
    zoom: /^\d{1,15}-\d{1,15}$/.exec(values.get("zoom") ?? "")?.[0] ?? "",
  };
}

/** What is about one picture, or one moment of one network: another run has others. */
export const OF_ONE_RUN = { class: undefined, pixel: undefined, layer: "", moment: undefined } as const;

/** The query for settings; what is as by default is left out. */
export function addressOf(address: Address): string {
  const { run, field, ...rest } = address;
  const values = new URLSearchParams(run === "" ? {} : { run });
  const standard = readAddress("") as unknown as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined && value !== standard[name]) values.set(name, String(value));
  }
  if (field) values.set("field", "1");
  const query = values.toString();
  return query === "" ? "?" : `?${query}`;
}
