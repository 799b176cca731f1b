import { expected, NextpixelError } from "./errors.ts";

/** Things of one kind by their names: those that come with nextpixel, and those that users define. */
export interface Registry<Thing> {
  /** All names, ours first. */
  names(): readonly string[];
  find(name: string): Thing | undefined;
  /** @throws NOT_FOUND if there is none of that name, listing those that there are. */
  get(name: string): Thing;
  /** Adds one. @throws ARGUMENT if the name is taken by another one. */
  define(name: string, thing: Thing): void;
}

/** `what` names the kind in messages: "the model". `option` is the library's option that such a thing is given by. */
export function newRegistry<Thing>(
  what: string,
  option: string,
  ours: Readonly<Record<string, Thing>>,
): Registry<Thing> {
  const things = new Map(Object.entries(ours));
  return {
    names: () => [...things.keys()],
    find: (name) => things.get(name),
    get(name) {
      const found = things.get(name);
      if (found === undefined)
        throw expected("NOT_FOUND", [...things.keys()].join(" or "), what, name, option);
      return found;
    },
    define(name, thing) {
      if (things.get(name) === thing) return;
      if (things.has(name))
        throw new NextpixelError(
          "ARGUMENT",
          `expected a new name for ${what}, received ${JSON.stringify(name)} again`,
        );
      things.set(name, thing);
    },
  };
}
